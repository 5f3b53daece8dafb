SELECT a.id, a.action_text, a.owner, a.owner_name, a.with_name, a.due, a.state, a.conversation
FROM action_line a WHERE a.id > (SELECT coalesce($3, 0)) AND (NOT coalesce($1, false) OR a.state = 'open')
ORDER BY a.id LIMIT $2
