-- What people may ask of us about themselves, and how long things are kept.
SET LOCAL search_path = coachhouse, pg_catalog;

-- Somebody erased keeps a number and an organisation, so that counts stay.
ALTER TABLE person ADD erased timestamptz;
GRANT UPDATE (email) ON contact TO coachhouse_server;

-- When a coach left, and from which state: a report of a period before it counts
-- them as they were.
ALTER TABLE registration ADD left_at timestamptz, ADD left_from registration_state;
CREATE FUNCTION note_leaving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = 'left' AND OLD.state <> 'left' THEN
    NEW.left_at := coachhouse.clock();
    NEW.left_from := OLD.state;
  ELSIF NEW.state <> 'left' THEN
    NEW.left_at := NULL;
    NEW.left_from := NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER note_leaving BEFORE UPDATE OF state ON registration
  FOR EACH ROW EXECUTE FUNCTION note_leaving();

-- While one lasts, neither erasure nor retention touches what is about a person.
CREATE TABLE person_hold (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  person bigint NOT NULL REFERENCES person,
  reason text NOT NULL CHECK (trim(reason) <> ''),
  placed timestamptz NOT NULL DEFAULT clock(),
  placed_by bigint NOT NULL REFERENCES person,
  lifted timestamptz,
  lifted_by bigint REFERENCES person,
  lift_reason text,
  settled timestamptz,  -- once lifted: when what it had kept of people erased meanwhile went too
  CHECK ((lifted IS NULL) = (lifted_by IS NULL))
);
CREATE UNIQUE INDEX person_hold_lasting ON person_hold (person) WHERE lifted IS NULL;
ALTER TABLE person_hold ENABLE ROW LEVEL SECURITY;
CREATE POLICY administrators ON person_hold USING ((SELECT administers()));
GRANT SELECT, INSERT, UPDATE (lifted, lifted_by, lift_reason) ON person_hold TO coachhouse_server;

-- That somebody was erased. A copy of ids and dates is kept outside the database,
-- so that a backup put back does not bring them back; see daemon/ledger.h.
CREATE TABLE erasure (
  person bigint PRIMARY KEY REFERENCES person,
  at timestamptz NOT NULL,
  by bigint REFERENCES person,  -- NULL: their time was up, or again after a backup was put back
  reason text
);
ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
CREATE POLICY administrators ON erasure FOR SELECT USING ((SELECT administers()));
GRANT SELECT ON erasure TO coachhouse_server;
CREATE TRIGGER keys_changed AFTER INSERT ON erasure
  FOR EACH STATEMENT EXECUTE FUNCTION keys_changed();

-- How long each kind of record is kept; without a period for good.
CREATE TYPE retention_class AS ENUM ('conversation_texts', 'performance_texts', 'conversations',
  'session_texts', 'people_left', 'keys', 'receipts');
CREATE TABLE retention (
  class retention_class PRIMARY KEY,
  period interval CHECK (period >= interval '1 month'),
  set_at timestamptz,
  set_by bigint REFERENCES person,
  swept timestamptz  -- when nothing more was due
);
INSERT INTO retention (class) SELECT unnest(enum_range(NULL::retention_class));
ALTER TABLE retention ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON retention USING ((SELECT me()) IS NOT NULL)
  WITH CHECK ((SELECT administers()));
GRANT SELECT, UPDATE (period, set_at, set_by, swept) ON retention TO coachhouse_server;

-- What was removed because its time was up: how many, on which day.
CREATE TABLE retention_run (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  class retention_class NOT NULL,
  day date NOT NULL,
  gone int NOT NULL,
  UNIQUE (class, day)
);
ALTER TABLE retention_run ENABLE ROW LEVEL SECURITY;
CREATE POLICY administrators ON retention_run FOR SELECT USING ((SELECT administers()));
GRANT SELECT ON retention_run TO coachhouse_server;

-- Receipts by whom and upon what, for one person's copy; by age, for retention.
CREATE INDEX receipt_person ON receipt (person, at);
CREATE INDEX receipt_subject ON receipt (subject);
CREATE INDEX receipt_at ON receipt USING brin (at);
