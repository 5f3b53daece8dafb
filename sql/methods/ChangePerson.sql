WITH reply AS (SELECT * FROM change_person($1, $2, $3))
