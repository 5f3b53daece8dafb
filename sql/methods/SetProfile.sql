WITH reply AS (SELECT * FROM set_profile($1, $2, $3, $4, $5, $6, $7, $8, $9, $10))
