SELECT d.id, d.state, d.kind, d.starts, (SELECT name FROM person WHERE id = d.author) AS author_name,
  (SELECT name FROM person WHERE id = d.other) AS other_name, (SELECT name FROM person WHERE id = d.recipient) AS recipient_name,
  d.grounds, d.reason, (SELECT name FROM person WHERE id = d.requested_by) AS requested_by, d.requested,
  (SELECT name FROM person WHERE id = d.decided_by) AS decided_by, d.decided, d.until, d.first_read, d.reads, d.ended
FROM (SELECT administers(), coalesce($2, 0) OFFSET 0) z (everybodys, last), LATERAL (
    (SELECT * FROM disclosure d WHERE z.everybodys AND d.id > z.last ORDER BY d.id LIMIT $1)
    UNION ALL (SELECT * FROM disclosure d WHERE NOT z.everybodys AND me() IN (d.requested_by, d.author, d.other, d.recipient) AND d.id > z.last OFFSET 0)) d
ORDER BY d.id LIMIT $1
