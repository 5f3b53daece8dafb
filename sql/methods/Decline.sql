WITH reply AS (SELECT * FROM decline($1, $2))
