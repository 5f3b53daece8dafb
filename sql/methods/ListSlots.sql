WITH pair AS MATERIALIZED (
  SELECT p.coach, c.name AS coach_name, CASE WHEN p.coach = me() THEN (SELECT name FROM person WHERE id = p.mentee) ELSE c.name END AS with_name,
    p.mentee, p.engagement, z.*, checked_minutes($4) AS minutes
  FROM pair_of($1, $6, NULL, NULL) p JOIN person c ON c.id = p.coach,
    LATERAL (SELECT coalesce(checked_zone($5), CASE WHEN $2 <> '' OR $3 <> '' THEN my_zone() END), checked_date($2, 'from'), checked_date($3, 'to')) z (home, first, last)
)
SELECT date_part('epoch', s.starts)::bigint AS id, s.starts, s.starts + make_interval(mins => p.minutes) AS ends, p.coach, p.coach_name, p.with_name
FROM pair p, LATERAL unnest(bookable_slots(p.coach, p.mentee, p.engagement,
    greatest(clock(), to_timestamp($8 + 1), midnight(p.first, p.home)),
    coalesce(midnight(p.last + 1, p.home), greatest(clock(), midnight(p.first, p.home)) + interval '4 weeks'),
    p.minutes, $7)) s (starts)
