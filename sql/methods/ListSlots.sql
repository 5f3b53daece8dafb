WITH pair AS MATERIALIZED (
  SELECT p.coach, (SELECT name FROM person WHERE id = p.coach) AS coach_name, other_name(p.coach, p.mentee) AS with_name,
    p.mentee, p.engagement, z.*
  FROM pair_of($1, $6, NULL, NULL) p,
    LATERAL (SELECT coalesce(checked_zone($5), my_zone()), checked_date($2, 'from'), checked_date($3, 'to')) z (home, first, last)
)
SELECT extract(epoch FROM s.starts)::bigint AS id, s.starts, s.ends, p.coach, p.coach_name, p.with_name
FROM pair p, LATERAL bookable_slots(p.coach, p.mentee, p.engagement,
    greatest(clock(), to_timestamp($8 + 1), midnight(p.first, p.home)),
    coalesce(midnight(p.last + 1, p.home), greatest(clock(), midnight(p.first, p.home)) + interval '4 weeks'),
    checked_minutes($4), $7) s
