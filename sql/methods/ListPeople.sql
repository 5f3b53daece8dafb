SELECT p.id, p.name, c.email, o.name AS organisation, o.sector, roles_of(p.id) AS roles,
  EXISTS (SELECT FROM key k WHERE k.person = p.id AND k.revoked IS NULL) AS enrolled, p.left_on::text AS left_on
FROM person p LEFT JOIN contact c ON c.person = p.id JOIN organisation o ON o.id = p.organisation
WHERE p.id > (SELECT coalesce($3, 0)) AND p.erased IS NULL AND ($1 IS NULL OR p.plain LIKE '%' || literal($1) || '%'
  OR c.plain LIKE '%' || literal($1) || '%' OR lower(o.name) LIKE '%' || literal($1) || '%')
ORDER BY p.id LIMIT $2
