WITH reply AS (
  SELECT stored, results AS rows, current_setting('coachhouse.enrol_endpoint', true) AS endpoint,
    current_setting('coachhouse.server_key', true) AS server_key
  FROM import_rows($1, $2, 'import_person'))
