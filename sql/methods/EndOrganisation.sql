WITH reply AS (
  UPDATE organisation SET ends_on = checked_date($2, 'ends_on') WHERE id = find_organisation($1)
  RETURNING id, (SELECT count(DISTINCT h.person)::int FROM role_held h WHERE h.organisation = organisation.id
    AND coalesce(h.ends_on, 'infinity') >= today()) AS people)
