-- Refused writes of which an earlier sending may still be on its way, through this daemon
-- or another: it must not be done once its client has heard that it was refused. Known by
-- `expires`, which all sendings of one try share. The hourly upkeep empties it.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE TABLE refused_call (
  caller bytea NOT NULL,
  call bytea NOT NULL,
  expires bigint NOT NULL,  -- microseconds since 1970, as the client said
  at timestamptz NOT NULL,
  PRIMARY KEY (caller, call)
);
ALTER TABLE refused_call ENABLE ROW LEVEL SECURITY;
CREATE POLICY nobody ON refused_call USING (false);  -- only functions that are the owner's
