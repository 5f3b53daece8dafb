WITH reply AS (SELECT * FROM change_engagement($1, $2::text))
