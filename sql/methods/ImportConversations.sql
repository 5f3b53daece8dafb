WITH reply AS (SELECT stored, results AS rows FROM import_rows($1, $2, 'import_conversation'))
