WITH reply AS (SELECT * FROM erase_person($1, $2, $3))
