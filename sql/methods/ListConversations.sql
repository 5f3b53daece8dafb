-- In the order in which they took place: as coach, as mentee, and about performance, each
-- from where the last page ended, so that of sessions no more are read than are listed
-- (and those that began with the last).
WITH asked AS MATERIALIZED (
  SELECT me() AS me, CASE WHEN $1 IS NOT NULL THEN find_person($1, 'who') END AS who,
    CASE WHEN $3 IS NULL THEN '-infinity' ELSE conversation_starts($3) END AS since, coalesce($3, 0) AS last
)
SELECT c.id, c.session, c.starts, c.minutes, c.activity, c.kind, (SELECT name FROM person WHERE id = c.coach) AS coach_name,
  (SELECT name FROM person WHERE id = c.mentee) AS mentee_name, (SELECT name FROM person WHERE id = c.author) AS author_name,
  CASE WHEN c.session IS NULL THEN EXISTS (SELECT FROM performance_text n WHERE n.performance = c.id)
    ELSE EXISTS (SELECT FROM note n WHERE n.conversation = c.id) END AS readable,
  (SELECT name FROM person WHERE id = c.manager) AS manager_name, (SELECT name FROM person WHERE id = c.member) AS member_name, c.state
FROM asked a, LATERAL (
  (SELECT c.id, c.session, s.starts, s.minutes, s.activity, c.kind, c.coach, c.mentee, NULL::bigint, NULL::bigint, c.author, NULL::performance_state
    FROM session s JOIN conversation c ON c.session = s.id WHERE s.coach = a.me AND coalesce(a.who, a.me) IN (s.coach, s.mentee)
      AND s.starts >= a.since AND (s.starts, c.id) > (a.since, a.last) ORDER BY s.starts FETCH FIRST ($2) ROWS WITH TIES)
  UNION ALL
  (SELECT c.id, c.session, s.starts, s.minutes, s.activity, c.kind, c.coach, c.mentee, NULL, NULL, c.author, NULL
    FROM session s JOIN conversation c ON c.session = s.id WHERE s.mentee = a.me AND coalesce(a.who, a.me) IN (s.coach, s.mentee)
      AND s.starts >= a.since AND (s.starts, c.id) > (a.since, a.last) ORDER BY s.starts FETCH FIRST ($2) ROWS WITH TIES)
  UNION ALL
  (SELECT p.id, NULL, p.starts, (extract(epoch FROM p.ends - p.starts) / 60)::int, NULL, 'performance', NULL, NULL, p.manager, p.member, p.author, p.state
    FROM performance p WHERE a.me IN (p.manager, p.member) AND coalesce(a.who, a.me) IN (p.manager, p.member)
      AND (p.starts, p.id) > (a.since, a.last) ORDER BY p.starts, p.id LIMIT $2)
) c (id, session, starts, minutes, activity, kind, coach, mentee, manager, member, author, state)
ORDER BY c.starts, c.id LIMIT $2
