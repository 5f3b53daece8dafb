SELECT l.*
FROM session_line l,
  LATERAL (SELECT coalesce(checked_zone($5), my_zone()), checked_date($1, 'from'), checked_date($2, 'to'),
    CASE WHEN $4 IS NOT NULL THEN find_person($4, 'who') END, (SELECT s.starts FROM session s WHERE s.id = $7)) z (home, first, last, who, after)
WHERE l.starts >= coalesce(midnight(z.first, z.home), date_trunc('day', clock() AT TIME ZONE z.home) AT TIME ZONE z.home)
  AND l.starts < coalesce(midnight(z.last + 1, z.home), 'infinity')
  AND (z.after IS NULL OR (l.starts, l.id) > (z.after, $7))
  AND ((administers() AND (coalesce($3, false) OR z.who IS NOT NULL)) OR me() IN (l.coach, l.mentee))
  AND (z.who IS NULL OR z.who IN (l.coach, l.mentee))
  AND (coalesce($3, false) OR l.state NOT IN ('cancelled', 'declined'))
ORDER BY l.starts, l.id LIMIT $6
