WITH reply AS (SELECT * FROM set_contract($1, $2, $3, $4))
