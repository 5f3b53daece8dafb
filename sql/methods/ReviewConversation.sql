SELECT c.id, c.session, c.starts, c.minutes, c.activity, (SELECT name FROM person WHERE id = c.coach) AS coach_name,
  (SELECT name FROM person WHERE id = c.mentee) AS mentee_name, (SELECT name FROM person WHERE id = c.author) AS author_name,
  c.recorded, (SELECT n.note FROM note n WHERE n.conversation = c.id) AS note,
  (SELECT array_agg(ROW(a.id, a.action_text, a.owner, a.owner_name, a.with_name, a.due, a.state, a.conversation) ORDER BY a.id)
    FROM action_line a WHERE a.conversation = c.id) AS actions,
  c.kind, (SELECT name FROM person WHERE id = c.manager) AS manager_name, (SELECT name FROM person WHERE id = c.member) AS member_name,
  (SELECT n.performance_note FROM performance_text n WHERE n.performance = c.id) AS performance_note, c.state, c.manager_signed, c.member_signed, c.replaces
FROM conversation_line c WHERE c.id = $1 OR c.session = $1
ORDER BY c.readable DESC, c.author = me() DESC LIMIT 1
