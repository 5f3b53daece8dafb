-- Who is free is asked of all at once, and in their order, so that no more are looked at
-- than are listed.
WITH found AS MATERIALIZED (
  SELECT r.person AS id FROM registration r
  WHERE (r.state IN ('live', 'paused') OR administers()) AND r.state <> 'left' AND r.person > (SELECT coalesce($5, 0))
    AND ($1 IS NULL OR r.sought LIKE (SELECT '%' || literal($1) || '%'))
    AND ($3::activity IS NULL OR $3::activity = ANY (r.activities))
  ORDER BY r.person
), listed AS MATERIALIZED (
  (SELECT id, NULL::timestamptz AS next_free FROM found WHERE $2 IS NULL LIMIT $4)
  UNION ALL
  SELECT n.coach, n.starts FROM next_free(CASE WHEN $2 IS NOT NULL THEN ARRAY(SELECT id FROM found) END,
    clock() + make_interval(days => least($2, 182)), 60, $4) n
)
SELECT l.id, c.name, c.organisation, c.state, c.activities, c.specialisms, c.languages, places_left(l.id) AS places, c.self_selection, l.next_free
FROM listed l, LATERAL (
  SELECT p.name, o.name AS organisation, r.state, r.activities, r.specialisms, r.languages, r.self_selection
  FROM registration r JOIN person p ON p.id = r.person JOIN organisation o ON o.id = p.organisation WHERE r.person = l.id OFFSET 0) c
ORDER BY l.id
