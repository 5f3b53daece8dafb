SELECT h.id, h.person, (SELECT name FROM person WHERE id = h.person) AS name, h.reason, h.placed,
  (SELECT name FROM person WHERE id = h.placed_by) AS placed_by, h.lifted, (SELECT name FROM person WHERE id = h.lifted_by) AS lifted_by, h.lift_reason
FROM (SELECT coalesce($1, false), coalesce($3, 0) OFFSET 0) z (lasting, last), LATERAL (
    (SELECT * FROM person_hold h WHERE NOT z.lasting AND h.id > z.last ORDER BY h.id LIMIT $2)
    UNION ALL (SELECT * FROM person_hold h WHERE z.lasting AND h.lifted IS NULL AND h.id > z.last OFFSET 0)) h
ORDER BY h.id LIMIT $2
