SELECT c.n AS id, r.class, period_text(r.period) AS period, retention_sentence(r.class) AS what, r.set_at,
  (SELECT name FROM person WHERE id = r.set_by) AS set_by
FROM retention r, LATERAL (SELECT array_position(enum_range(NULL::retention_class), r.class)::bigint) c (n)
WHERE c.n > (SELECT coalesce($2, 0)) ORDER BY c.n LIMIT $1
