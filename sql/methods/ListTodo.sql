SELECT t.id, t.kind, t.with_name, t.since, t.due, t.action_text
FROM (SELECT * FROM todo OFFSET 0) t WHERE t.id > (SELECT coalesce($2, 0)) ORDER BY t.id LIMIT $1
