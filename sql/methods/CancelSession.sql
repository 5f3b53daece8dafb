WITH reply AS (SELECT * FROM cancel($1, $2, $3))
