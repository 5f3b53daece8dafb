SELECT m.id, m.member, (SELECT name FROM person WHERE id = m.member) AS member_name, m.manager,
  (SELECT name FROM person WHERE id = m.manager) AS manager_name, m.starts_on::text AS "from", m.ends_on::text AS "to"
FROM (SELECT CASE WHEN $1 IS NOT NULL THEN find_person($1, 'who') WHEN NOT administers() THEN me() END OFFSET 0) w (who), LATERAL (
    (SELECT * FROM manages m WHERE w.who IS NULL AND m.id > (SELECT coalesce($3, 0)) ORDER BY m.id LIMIT $2)
    UNION ALL (SELECT * FROM manages m WHERE w.who IN (m.member, m.manager) AND m.id > (SELECT coalesce($3, 0)) OFFSET 0)) m
ORDER BY m.id LIMIT $2
