WITH reply AS (SELECT * FROM withdraw($1))
