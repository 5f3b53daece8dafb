WITH reply AS (SELECT * FROM decide_disclosure($1, $2::text))
