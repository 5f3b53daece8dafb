-- `readers` says by name who can read a text of each visibility that may be chosen.
SELECT s.id AS session, o.other AS with, o.name AS with_name, s.activity, coalesce(s.starts, o.starts) AS starts, s.minutes, m.name AS my_name,
  (SELECT array_agg(ROW(a.id, a.action_text, a.owner, a.owner_name, a.with_name, a.due, a.state, a.conversation) ORDER BY a.due, a.id)
    FROM action_line a WHERE a.state = 'open' AND o.other IN (a.owner, a.other) AND o.kind = 'pool') AS actions,
  CASE o.kind WHEN 'pool' THEN ARRAY[ROW('me'::visibility, ARRAY[m.name]), ROW('us'::visibility, ARRAY[m.name, o.name])]
    ELSE ARRAY[ROW('us'::visibility, ARRAY[m.name, o.name])] END AS readers,
  o.kind
FROM prepared_for($1, $2, $3, $4, $5, $6) o LEFT JOIN session s ON s.id = $1, LATERAL (SELECT name FROM person WHERE id = me()) m
WHERE o.other IS NOT NULL
