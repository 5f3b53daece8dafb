WITH reply AS (SELECT * FROM end_manager($1, $2, $3))
