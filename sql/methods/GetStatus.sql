SELECT p.id AS person, p.name, (SELECT email FROM contact WHERE person = p.id) AS email,
  (SELECT name FROM organisation WHERE id = p.organisation) AS organisation, p.zone, roles_of(p.id) AS roles,
  my_key() AS key,
  current_setting('coachhouse.version', true) AS version, current_setting('server_version') AS database_version,
  (SELECT count(*)::int FROM todo) AS todo,
  (SELECT min(starts) FROM session s WHERE me() IN (s.coach, s.mentee) AND s.state = 'booked' AND s.starts > clock()) AS next_session
FROM person p WHERE p.id = me()
