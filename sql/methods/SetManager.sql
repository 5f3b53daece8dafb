WITH reply AS (SELECT * FROM set_manager($1, $2, $3, $4))
