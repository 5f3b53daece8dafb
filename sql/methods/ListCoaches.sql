SELECT c.id, c.name, c.organisation, c.state, c.activities, c.specialisms, c.languages, c.places, c.self_selection, c.next_free
FROM (
  SELECT r.person AS id, p.name, (SELECT name FROM organisation WHERE id = p.organisation) AS organisation, r.state,
    r.activities, r.specialisms, r.languages, places_left(r.person) AS places, r.self_selection,
    CASE WHEN $2 IS NOT NULL AND r.state = 'live' THEN (SELECT s.starts FROM slots_of(r.person, NULL, clock(),
      clock() + make_interval(days => least($2, 182)), 60, false, 1) s) END AS next_free
  FROM registration r JOIN person p ON p.id = r.person
  WHERE (r.state IN ('live', 'paused') OR administers()) AND r.state <> 'left' AND r.person > coalesce($5, 0)
    AND ($1 IS NULL OR EXISTS (SELECT FROM unnest(r.specialisms) s WHERE plain(s) LIKE '%' || literal($1) || '%'))
    AND ($3::activity IS NULL OR $3::activity = ANY (r.activities))
) c
WHERE $2 IS NULL OR c.next_free IS NOT NULL
ORDER BY c.id LIMIT $4
