SELECT r.person AS id, r.version, p.name, o.name AS organisation, r.state, r.activities, r.specialisms, r.languages,
  CASE WHEN mine.yes THEN r.pledge_hours END AS pledge_hours,
  CASE WHEN mine.yes AND r.pledge_hours IS NOT NULL THEN greatest(0, r.pledge_hours - minutes_counted(r.person, 'month', y.year, p.zone, NULL) / 60.0) END AS pledge_left_hours,
  r.client_limit, CASE WHEN mine.yes THEN (SELECT count(*)::int FROM engagement e WHERE e.coach = r.person
    AND e.state IN ('proposed', 'active', 'paused')) END AS clients,
  CASE WHEN mine.yes THEN r.weekly_hours END AS weekly_hours, r.buffer_minutes, r.notice_hours, r.self_selection, p.zone
FROM registration r JOIN person p ON p.id = r.person JOIN organisation o ON o.id = p.organisation,
  LATERAL (SELECT r.person = me() OR administers()) mine (yes),
  LATERAL (SELECT pledge_year(today())) y (year)
WHERE r.person = CASE WHEN $1 IS NULL THEN me() ELSE find_person($1, 'coach') END
