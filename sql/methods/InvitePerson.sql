WITH reply AS (SELECT * FROM invite_person($1, $2, $3, $4::role[], $5, $6))
