SELECT p.id, p.name, coalesce((SELECT t.zone FROM pattern t WHERE t.coach = p.id ORDER BY t.id DESC LIMIT 1), p.zone) AS zone,
  (SELECT array_agg(ROW(t.weekday, to_char(t.opens, 'HH24:MI'), to_char(t.closes, 'HH24:MI'), t.valid_from::text, t.valid_to::text)
      ORDER BY t.valid_from, t.weekday, t.opens)
    FROM pattern t WHERE t.coach = p.id AND coalesce(t.valid_to, 'infinity') >= today()) AS patterns,
  (SELECT array_agg(ROW(t.id, t.starts, t.ends) ORDER BY t.starts) FROM opening t WHERE t.coach = p.id AND t.ends > clock() AND t.starts > clock() - interval '24 hours') AS openings,
  (SELECT array_agg(ROW(t.id, t.starts, t.ends, CASE WHEN t.coach = me() THEN t.reason END) ORDER BY t.starts)
    FROM away t WHERE t.coach = p.id AND t.cancelled IS NULL AND t.ends > clock()) AS away
FROM person p WHERE p.id = registered($1)
