SELECT * FROM report_quarter($1, $2, $3)
