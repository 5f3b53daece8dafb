WITH reply AS (
  SELECT id, session, state, visible, action_ids AS actions, readers
  FROM log_conversation($1, $2, $3, $4, $5, $6::activity, $7::text, $8::sealed, $9, $10))
