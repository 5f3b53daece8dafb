SELECT r.id, (SELECT name FROM person WHERE id = r.mentee) AS mentee_name, r.activity, r.state,
  CASE WHEN r.state <> 'submitted' THEN (SELECT name FROM person WHERE id = r.coach) END AS coach_name, r.submitted,
  greatest(0, (coalesce(r.first_attended, r.withdrawn, r.closed, clock()) AT TIME ZONE z.home)::date - (r.submitted AT TIME ZONE z.home)::date) AS days_waiting
FROM request r, LATERAL (SELECT my_zone()) z (home)
WHERE r.id > coalesce($3, 0) AND (r.state <> 'submitted' OR r.mentee = me() OR administers()) AND (NOT coalesce($1, false) OR r.state IN ('submitted', 'offered'))
ORDER BY r.id LIMIT $2
