WITH reply AS (SELECT * FROM revoke_keys($1, $2, $3))
