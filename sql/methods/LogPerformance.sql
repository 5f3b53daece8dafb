WITH reply AS (SELECT * FROM log_performance($1, $2, $3, $4, $5::sealed, $6))
