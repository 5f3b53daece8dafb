WITH reply AS (SELECT * FROM dispute($1, $2))
