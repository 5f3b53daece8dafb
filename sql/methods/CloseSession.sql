WITH reply AS (SELECT * FROM close_session($1, $2::text, $3, $4))
