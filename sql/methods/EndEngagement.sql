WITH reply AS (SELECT id, state, cancelled AS sessions_cancelled FROM end_engagement($1, $2))
