WITH reply AS (SELECT * FROM offer_request($1, $2))
