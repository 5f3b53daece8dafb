SELECT d.id, d.state, d.kind, d.starts, (SELECT name FROM person WHERE id = d.author) AS author_name,
  (SELECT name FROM person WHERE id = d.other) AS other_name, (SELECT name FROM person WHERE id = d.recipient) AS recipient_name,
  d.grounds, d.reason, (SELECT name FROM person WHERE id = d.requested_by) AS requested_by, d.requested,
  (SELECT name FROM person WHERE id = d.decided_by) AS decided_by, d.decided, d.until, d.first_read, d.reads, d.ended
FROM disclosure d WHERE d.id > (SELECT coalesce($2, 0)) ORDER BY d.id LIMIT $1
