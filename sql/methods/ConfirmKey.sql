WITH reply AS (SELECT confirm_key($1) AS id)
