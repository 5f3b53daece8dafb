SELECT p.id::bigint AS id, p.class, p.period, p.due, p.held, p.next_on
FROM preview_retention($1::retention_class, $2) p WHERE p.id > (SELECT coalesce($4, 0)) ORDER BY p.id LIMIT $3
