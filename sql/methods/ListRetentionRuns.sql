SELECT r.id, r.day::text AS day, r.class, r.gone FROM retention_run r WHERE r.id > (SELECT coalesce($2, 0)) ORDER BY r.id LIMIT $1
