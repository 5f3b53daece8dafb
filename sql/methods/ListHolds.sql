SELECT h.id, h.person, (SELECT name FROM person WHERE id = h.person) AS name, h.reason, h.placed,
  (SELECT name FROM person WHERE id = h.placed_by) AS placed_by, h.lifted, (SELECT name FROM person WHERE id = h.lifted_by) AS lifted_by, h.lift_reason
FROM person_hold h WHERE h.id > (SELECT coalesce($3, 0)) AND (NOT coalesce($1, false) OR h.lifted IS NULL) ORDER BY h.id LIMIT $2
