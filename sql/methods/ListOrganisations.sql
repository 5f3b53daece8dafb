SELECT o.id, o.name, o.sector, o.locality,
  (SELECT count(*)::int FROM person p WHERE p.organisation = o.id AND p.left_on IS NULL) AS people, o.ends_on::text AS ends_on
FROM organisation o WHERE o.id > (SELECT coalesce($2, 0)) ORDER BY o.id LIMIT $1
