WITH reply AS (SELECT * FROM add_away($1, $2, $3, $4, $5))
