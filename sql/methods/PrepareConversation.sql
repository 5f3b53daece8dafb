SELECT s.id AS session, o.other AS with, (SELECT name FROM person WHERE id = o.other) AS with_name, s.activity, s.starts, s.minutes,
  (SELECT name FROM person WHERE id = me()) AS my_name,
  (SELECT array_agg(ROW(a.id, a.action_text, a.owner, a.owner_name, a.with_name, a.due, a.state, a.conversation) ORDER BY a.due, a.id)
    FROM action_line a WHERE a.state = 'open' AND o.other IN (a.owner, a.other)) AS actions
FROM (SELECT CASE WHEN $1 IS NOT NULL THEN (SELECT CASE WHEN s.coach = me() THEN s.mentee WHEN s.mentee = me() THEN s.coach END
    FROM session s WHERE s.id = $1) ELSE find_person($2, 'with') END) o (other)
  LEFT JOIN session s ON s.id = $1
WHERE o.other IS NOT NULL
