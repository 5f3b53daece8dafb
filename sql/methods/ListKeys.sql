SELECT k.id, (SELECT name FROM person WHERE id = k.person) AS person_name, k.label,
  left(encode(k.public, 'hex'), 8) AS begins, k.added, k.revoked, k.id = my_key() AS calling,
  (SELECT used FROM key_use u WHERE u.key = k.id) AS used,
  (SELECT name FROM person WHERE id = k.invited_by) AS invited_by
FROM key k
WHERE k.person = CASE WHEN $1 IS NULL THEN me() ELSE find_person($1, 'who') END AND k.id > (SELECT coalesce($3, 0))
ORDER BY k.id LIMIT $2
