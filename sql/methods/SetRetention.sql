WITH reply AS (SELECT * FROM set_retention($1::retention_class, $2))
