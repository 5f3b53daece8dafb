WITH reply AS (SELECT * FROM book($1, $2, $3, $4::activity, $5, $6, $7::text, $8, $9, $10, $11, $12))
