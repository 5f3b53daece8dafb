WITH reply AS (SELECT * FROM lift_hold($1, $2))
