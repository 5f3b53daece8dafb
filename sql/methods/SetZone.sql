WITH reply AS (SELECT id, zone_ AS zone FROM set_zone($1))
