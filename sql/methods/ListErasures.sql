SELECT e.person AS id, e.at, (SELECT name FROM person WHERE id = e.by) AS by, e.reason
FROM erasure e WHERE e.person > (SELECT coalesce($2, 0)) ORDER BY e.person LIMIT $1
