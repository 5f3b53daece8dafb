-- That performance conversations took place; one that was corrected counts once.
SELECT p.id, p.starts, (extract(epoch FROM p.ends - p.starts) / 60)::int AS minutes,
  p.manager, (SELECT name FROM person WHERE id = p.manager) AS manager_name,
  p.member, (SELECT name FROM person WHERE id = p.member) AS member_name,
  CASE p.state WHEN 'replaced' THEN 'signed' ELSE p.state END AS state
FROM (SELECT CASE WHEN $1 IS NOT NULL THEN find_person($1, 'who') END, coalesce(checked_zone($4), my_zone()) OFFSET 0) w (who, home),
  LATERAL (SELECT coalesce(midnight(checked_date($2, 'from'), w.home), '-infinity'), coalesce(midnight(checked_date($3, 'to') + 1, w.home), 'infinity') OFFSET 0) d (first, last),
  LATERAL (SELECT (SELECT t.starts FROM performance t WHERE t.id = $6), $6 OFFSET 0) a (starts, id),
  LATERAL (
    (SELECT * FROM performance p WHERE w.who IS NULL AND p.replaces IS NULL AND p.starts >= greatest(d.first, a.starts) AND p.starts < d.last
        AND ($6 IS NULL OR (p.starts, p.id) > (a.starts, a.id)) ORDER BY p.starts, p.id LIMIT $5)
    UNION ALL SELECT * FROM performance p WHERE w.who IN (p.manager, p.member) AND p.replaces IS NULL AND p.starts >= greatest(d.first, a.starts)
      AND p.starts < d.last AND ($6 IS NULL OR (p.starts, p.id) > (a.starts, a.id))) p
ORDER BY p.starts, p.id LIMIT $5
