SELECT * FROM report_capacity($1, $2, $3, $4::text)
