SELECT t.id, t.kind, t.with_name, t.since, t.due, t.action_text
FROM todo t WHERE t.id > coalesce($2, 0) ORDER BY t.id LIMIT $1
