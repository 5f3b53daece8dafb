SELECT r.id, (SELECT name FROM person WHERE id = r.mentee) AS mentee_name, r.activity, r.state,
  CASE WHEN r.state <> 'submitted' THEN (SELECT name FROM person WHERE id = r.coach) END AS coach_name, r.submitted,
  greatest(0, (coalesce(r.first_attended, r.withdrawn, r.closed, clock()) AT TIME ZONE z.home)::date - (r.submitted AT TIME ZONE z.home)::date) AS days_waiting
FROM (SELECT my_zone(), administers(), coalesce($1, false), coalesce($3, 0) OFFSET 0) z (home, everybodys, open, last), LATERAL (
    (SELECT * FROM request r WHERE z.everybodys AND NOT z.open AND r.id > z.last ORDER BY r.id LIMIT $2)
    UNION ALL (SELECT * FROM request r WHERE z.everybodys AND z.open AND r.id > z.last AND r.state IN ('submitted', 'offered') ORDER BY r.id LIMIT $2)
    UNION ALL (SELECT * FROM request r WHERE NOT z.everybodys AND me() IN (r.mentee, r.coach) AND (r.state <> 'submitted' OR r.mentee = me())
      AND r.id > z.last AND (NOT z.open OR r.state IN ('submitted', 'offered')) OFFSET 0)) r
ORDER BY r.id LIMIT $2
