WITH reply AS (
  INSERT INTO organisation (name, sector, locality) VALUES (trim($1), $2::sector, $3) RETURNING id)
