SELECT k.id, (SELECT name FROM person WHERE id = k.person) AS person_name, k.label,
  left(encode(k.public, 'hex'), 8) AS begins, k.added, k.revoked
FROM key k
WHERE k.person = CASE WHEN $1 IS NULL THEN me() ELSE find_person($1, 'who') END AND k.id > coalesce($3, 0)
ORDER BY k.id LIMIT $2
