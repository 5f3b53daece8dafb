SELECT m.id, m.member, (SELECT name FROM person WHERE id = m.member) AS member_name, m.manager,
  (SELECT name FROM person WHERE id = m.manager) AS manager_name, m.starts_on::text AS "from", m.ends_on::text AS "to"
FROM manages m, LATERAL (SELECT CASE WHEN $1 IS NOT NULL THEN find_person($1, 'who') WHEN NOT administers() THEN me() END) w (who)
WHERE m.id > coalesce($3, 0) AND (w.who IS NULL OR w.who IN (m.member, m.manager))
ORDER BY m.id LIMIT $2
