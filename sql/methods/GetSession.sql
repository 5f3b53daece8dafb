SELECT l AS session, s.booked, (SELECT name FROM person WHERE id = s.booked_by) AS booked_by,
  s.closed, (SELECT name FROM person WHERE id = s.closed_by) AS closed_by,
  coalesce(s.dispute_reason, s.reason) AS reason, s.disputed IS NOT NULL AS disputed, s.recorded IS NOT NULL AS recorded,
  (SELECT array_agg(c.id ORDER BY c.id) FROM conversation c JOIN note n ON n.conversation = c.id WHERE c.session = s.id) AS conversations
FROM session s JOIN session_line l ON l.id = s.id WHERE s.id = $1
