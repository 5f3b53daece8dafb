WITH reply AS (SELECT * FROM set_availability($1, $2, $3, $4))
