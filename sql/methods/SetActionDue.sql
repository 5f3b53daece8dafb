WITH reply AS (SELECT * FROM set_action_due($1, $2))
