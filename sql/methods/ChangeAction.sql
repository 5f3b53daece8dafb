WITH reply AS (SELECT * FROM change_action($1, $2::text))
