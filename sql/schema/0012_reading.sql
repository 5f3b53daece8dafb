-- Who looked at what is kept about people: every read by an administrator, and every
-- disclosure. Append-only, and of nothing that was read. There are no foreign keys:
-- it outlives what it is about.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE TABLE reading (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  reader bigint NOT NULL,
  method text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock(),
  people int NOT NULL  -- how many it was about; 0: nobody by name
);
CREATE INDEX reading_reader ON reading (reader, id);

-- The same by person, for those whom it is about.
CREATE TABLE reading_about (
  person bigint NOT NULL,
  reading bigint NOT NULL,
  reader bigint NOT NULL,
  method text NOT NULL,
  at timestamptz NOT NULL,
  people int NOT NULL,
  PRIMARY KEY (person, reading)
);

ALTER TABLE reading ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON reading FOR SELECT USING (reader = (SELECT me()) OR (SELECT administers()));
CREATE POLICY kept ON reading FOR INSERT WITH CHECK (reader = (SELECT me()));
GRANT SELECT, INSERT ON reading TO coachhouse_server;
ALTER TABLE reading_about ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON reading_about FOR SELECT USING (person = (SELECT me()) OR (SELECT administers()));
CREATE POLICY kept ON reading_about FOR INSERT WITH CHECK (reader = (SELECT me()));
GRANT SELECT, INSERT ON reading_about TO coachhouse_server;
