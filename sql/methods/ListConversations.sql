-- In the order in which they took place.
SELECT c.id, c.session, c.starts, c.minutes, c.activity, c.kind, (SELECT name FROM person WHERE id = c.coach) AS coach_name,
  (SELECT name FROM person WHERE id = c.mentee) AS mentee_name, (SELECT name FROM person WHERE id = c.author) AS author_name, c.readable,
  (SELECT name FROM person WHERE id = c.manager) AS manager_name, (SELECT name FROM person WHERE id = c.member) AS member_name, c.state
FROM conversation_line c, LATERAL (SELECT CASE WHEN $1 IS NOT NULL THEN find_person($1, 'who') END OFFSET 0) w (who)
WHERE (w.who IS NULL OR w.who IN (c.coach, c.mentee, c.manager, c.member))
  AND ($3 IS NULL OR (c.starts, c.id) > (SELECT l.starts, l.id FROM conversation_line l WHERE l.id = $3))
ORDER BY c.starts, c.id LIMIT $2
