WITH reply AS (SELECT * FROM end_person($1, checked_date($2, 'last_day')::text))
