WITH reply AS (SELECT * FROM place_hold($1, $2))
