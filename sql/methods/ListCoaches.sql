-- The next free time of each is looked for once: OFFSET 0 keeps it out of the filter.
SELECT c.id, c.name, (SELECT name FROM organisation WHERE id = c.organisation) AS organisation, c.state, c.activities,
  c.specialisms, c.languages, places_left(c.id) AS places, c.self_selection, c.next_free
FROM (
  SELECT r.person AS id, p.name, p.organisation, r.state, r.activities, r.specialisms, r.languages, r.self_selection,
    CASE WHEN $2 IS NOT NULL AND r.state = 'live' THEN (slots_of(r.person, NULL, clock(),
      clock() + make_interval(days => least($2, 182)), 60, false, 1))[1] END AS next_free
  FROM registration r JOIN person p ON p.id = r.person
  WHERE (r.state IN ('live', 'paused') OR administers()) AND r.state <> 'left' AND r.person > (SELECT coalesce($5, 0))
    AND ($1 IS NULL OR r.sought LIKE (SELECT '%' || literal($1) || '%'))
    AND ($3::activity IS NULL OR $3::activity = ANY (r.activities))
  ORDER BY r.person OFFSET 0
) c
WHERE $2 IS NULL OR c.next_free IS NOT NULL
ORDER BY c.id LIMIT $4
