SELECT l.* FROM list_sessions($1, $2, $3, $4, $5, $6, $7) l
