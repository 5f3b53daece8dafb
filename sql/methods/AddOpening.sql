WITH reply AS (SELECT * FROM add_opening($1, $2, $3, $4))
