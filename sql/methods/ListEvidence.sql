-- That performance conversations took place; one that was corrected counts once.
SELECT p.id, p.starts, (extract(epoch FROM p.ends - p.starts) / 60)::int AS minutes,
  p.manager, (SELECT name FROM person WHERE id = p.manager) AS manager_name,
  p.member, (SELECT name FROM person WHERE id = p.member) AS member_name,
  CASE p.state WHEN 'replaced' THEN 'signed' ELSE p.state END AS state
FROM performance p, LATERAL (SELECT CASE WHEN $1 IS NOT NULL THEN find_person($1, 'who') END, coalesce(checked_zone($4), my_zone())) w (who, home),
  LATERAL (SELECT coalesce(midnight(checked_date($2, 'from'), w.home), '-infinity'), coalesce(midnight(checked_date($3, 'to') + 1, w.home), 'infinity')) d (first, last)
WHERE p.replaces IS NULL AND (w.who IS NULL OR w.who IN (p.manager, p.member)) AND p.starts >= d.first AND p.starts < d.last
  AND ($6 IS NULL OR (p.starts, p.id) > (SELECT t.starts, t.id FROM performance t WHERE t.id = $6))
ORDER BY p.starts, p.id LIMIT $5
