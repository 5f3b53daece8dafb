WITH reply AS (
  UPDATE person SET zone = checked_zone(coalesce($1, '')) WHERE id = me() RETURNING id, zone)
