-- One invitation, one key.
WITH reply AS (SELECT * FROM redeem($1, $2))
