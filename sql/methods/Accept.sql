WITH reply AS (SELECT id, state, booked AS sessions_booked, to_arrange AS sessions_to_arrange FROM accept($1))
