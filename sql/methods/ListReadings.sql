SELECT * FROM readings($1, $2, coalesce($3, false), $5, $4)
