SELECT c.id, c.session, s.starts, s.minutes, s.activity, (SELECT name FROM person WHERE id = c.coach) AS coach_name,
  (SELECT name FROM person WHERE id = c.mentee) AS mentee_name, (SELECT name FROM person WHERE id = c.author) AS author_name,
  c.recorded, (SELECT n.note FROM note n WHERE n.conversation = c.id) AS note,
  (SELECT array_agg(ROW(a.id, a.action_text, a.owner, a.owner_name, a.with_name, a.due, a.state, a.conversation) ORDER BY a.id)
    FROM action_line a WHERE a.conversation = c.id) AS actions
FROM conversation c JOIN session s ON s.id = c.session
WHERE (c.id = $1 OR c.session = $1) AND me() IN (c.coach, c.mentee)
ORDER BY EXISTS (SELECT FROM note n WHERE n.conversation = c.id) DESC, c.author = me() DESC LIMIT 1
