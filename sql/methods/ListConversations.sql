-- In the order in which they took place.
SELECT c.id, c.session, s.starts, s.minutes, s.activity, c.kind, (SELECT name FROM person WHERE id = c.coach) AS coach_name,
  (SELECT name FROM person WHERE id = c.mentee) AS mentee_name, (SELECT name FROM person WHERE id = c.author) AS author_name,
  EXISTS (SELECT FROM note n WHERE n.conversation = c.id) AS readable
FROM conversation c JOIN session s ON s.id = c.session,
  LATERAL (SELECT CASE WHEN $1 IS NOT NULL THEN find_person($1, 'who') END) w (who)
WHERE me() IN (c.coach, c.mentee) AND (w.who IS NULL OR w.who IN (c.coach, c.mentee))
  AND ($3 IS NULL OR (s.starts, c.id) > (SELECT t.starts, a.id FROM conversation a JOIN session t ON t.id = a.session WHERE a.id = $3))
ORDER BY s.starts, c.id LIMIT $2
