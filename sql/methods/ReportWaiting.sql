SELECT * FROM report_waiting($1, $2, $3, $4::text, $5::text, $6)
