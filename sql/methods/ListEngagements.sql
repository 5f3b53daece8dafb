SELECT e.id, e.version, e.activity, e.state, e.coach, (SELECT name FROM person WHERE id = e.coach) AS coach_name,
  e.mentee, (SELECT name FROM person WHERE id = e.mentee) AS mentee_name, e.sessions_agreed,
  n.held AS sessions_held, n.booked AS sessions_booked, e.until::text AS until, n.next AS next_session
FROM (
  SELECT e.* FROM (SELECT CASE WHEN $1 IS NULL THEN me() ELSE find_person($1, 'who') END OFFSET 0) w (who), engagement e
  WHERE e.id > (SELECT coalesce($4, 0)) AND w.who IN (e.coach, e.mentee) AND CASE WHEN administers() THEN w.who ELSE me() END IN (e.coach, e.mentee)
    AND (coalesce($2, false) OR e.state IN ('proposed', 'active', 'paused'))
  ORDER BY e.id LIMIT $3) e, LATERAL (
  SELECT count(*) FILTER (WHERE s.state = 'attended')::int, count(*) FILTER (WHERE s.state = 'booked')::int,
    min(s.starts) FILTER (WHERE s.state = 'booked' AND s.starts > clock())
  FROM session s WHERE s.engagement = e.id) n (held, booked, next)
ORDER BY e.id
