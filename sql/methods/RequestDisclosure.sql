WITH reply AS (SELECT * FROM request_disclosure($1, $2, $3, $4::disclosure_grounds, $5))
