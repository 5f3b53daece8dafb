WITH reply AS (SELECT * FROM change_registration($1, $2::registration_event::text))
