-- Mine; for administrators with `all` everybody's, with `who` that person's. OFFSET 0:
-- what is asked for is worked out once, and not wherever it is used.
SELECT l.*
FROM (SELECT coalesce(checked_zone($5), my_zone()), checked_date($1, 'from'), checked_date($2, 'to'),
    CASE WHEN $4 IS NOT NULL THEN find_person($4, 'who') END, coalesce($3, false) OFFSET 0) z (home, first, last, who, ended),
  LATERAL sessions_of(
    CASE WHEN NOT administers() THEN me() WHEN z.who IS NOT NULL THEN z.who WHEN NOT z.ended THEN me() END,
    CASE WHEN NOT administers() THEN z.who END,
    coalesce(midnight(z.first, z.home), midnight((clock() AT TIME ZONE z.home)::date, z.home)),
    coalesce(midnight(z.last + 1, z.home), 'infinity'), $7, z.ended, $6) l
