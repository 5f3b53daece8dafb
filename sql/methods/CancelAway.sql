WITH reply AS (SELECT * FROM cancel_away($1))
