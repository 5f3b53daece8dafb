WITH reply AS (
  UPDATE key SET revoked = coalesce(revoked, clock()) WHERE id = $1 RETURNING id)
