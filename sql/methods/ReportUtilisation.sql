SELECT * FROM report_utilisation($1, $2, $3, $4::text)
