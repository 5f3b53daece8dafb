WITH reply AS (
  INSERT INTO organisation (name, sector, locality) VALUES (checked_name($1), $2::sector, $3) RETURNING id)
