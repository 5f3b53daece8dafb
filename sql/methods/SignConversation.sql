WITH reply AS (SELECT * FROM sign_conversation($1))
