WITH reply AS (SELECT id, version, starts, ends, home AS zone, with_name FROM move($1, $2, $3, $4, $5, $6))
