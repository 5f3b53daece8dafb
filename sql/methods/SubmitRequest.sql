WITH reply AS (SELECT * FROM submit_request($1, $2::activity, $3))
