-- Performance conversations, between a manager and a member of their staff by dated
-- rows. They have tables of their own: no column leads from the pool to them or back.
SET LOCAL search_path = coachhouse, pg_catalog;

-- One of two people manages the other, from one day to another; never both ways at once.
ALTER TABLE manages ADD COLUMN id bigint NOT NULL UNIQUE DEFAULT nextval('id'),
  ADD CHECK (ends_on >= starts_on),
  ADD CONSTRAINT managed_once EXCLUDE USING gist (least(manager, member) WITH =, greatest(manager, member) WITH =,
    daterange(starts_on, ends_on, '[]') WITH &&);
CREATE INDEX manages_member ON manages (member);
DROP POLICY own ON manages;
CREATE POLICY own ON manages FOR SELECT USING ((SELECT me()) IN (manager, member));
CREATE POLICY administrators ON manages USING ((SELECT administers()));
-- What was to begin and never did is deleted.
GRANT INSERT, UPDATE (ends_on), DELETE ON manages TO coachhouse_server;

-- The pool's table holds the pool's records and nothing else.
ALTER TABLE conversation ADD CONSTRAINT pool_only CHECK (kind = 'pool');

CREATE TYPE performance_state AS ENUM
  ('recorded', 'signed_by_manager', 'signed_by_member', 'signed', 'replaced');

-- That it took place is evidence: administrators see these rows. They claim no time,
-- since a refusal would tell a manager when their staff were with a coach.
CREATE TABLE performance (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  manager bigint NOT NULL REFERENCES person,
  member bigint NOT NULL REFERENCES person,
  author bigint NOT NULL REFERENCES person,
  member_organisation bigint NOT NULL REFERENCES organisation,  -- as it was then: reports count by it
  starts timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  state performance_state NOT NULL DEFAULT 'recorded',
  recorded timestamptz NOT NULL DEFAULT clock(),
  manager_signed timestamptz,
  member_signed timestamptz,
  replaces bigint UNIQUE REFERENCES performance,  -- what this corrects; it stays as it was
  CHECK (manager <> member),
  CHECK (author IN (manager, member)),
  CHECK (isfinite(starts) AND isfinite(ends)
    AND ends - starts BETWEEN interval '5 minutes' AND interval '12 hours'),
  CHECK (state = 'replaced'
    OR (manager_signed IS NOT NULL) = (state IN ('signed_by_manager', 'signed'))
    AND (member_signed IS NOT NULL) = (state IN ('signed_by_member', 'signed'))),
  CONSTRAINT recorded_once EXCLUDE USING gist (manager WITH =, member WITH =, tstzrange(starts, ends) WITH &&)
    WHERE (replaces IS NULL)
);
CREATE INDEX performance_manager ON performance (manager, starts);
CREATE INDEX performance_member ON performance (member, starts);
CREATE INDEX performance_starts ON performance (starts);

-- What was said; never changed, by whoever signed.
CREATE TABLE performance_text (
  performance bigint PRIMARY KEY REFERENCES performance,
  author bigint NOT NULL REFERENCES person,
  other bigint NOT NULL REFERENCES person,
  performance_note sealed NOT NULL,
  CHECK ((performance_note).author = author AND (performance_note).visible = 'us' AND (performance_note).box IS NOT NULL)
);
CREATE UNIQUE INDEX performance_text_binding ON performance_text (((performance_note).binding));
CREATE INDEX performance_text_sealed ON performance_text (substring((performance_note).box, 2, 8), ((performance_note).binding));

ALTER TABLE performance ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON performance FOR SELECT
  USING ((SELECT me()) IN (manager, member) OR (SELECT administers()));
CREATE POLICY written ON performance FOR INSERT WITH CHECK (author = (SELECT me()));
CREATE POLICY signed ON performance FOR UPDATE USING ((SELECT me()) IN (manager, member));
GRANT SELECT, INSERT, UPDATE (state, manager_signed, member_signed) ON performance TO coachhouse_server;

ALTER TABLE performance_text ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON performance_text FOR SELECT USING ((SELECT me()) IN (author, other));
CREATE POLICY written ON performance_text FOR INSERT WITH CHECK (author = (SELECT me()));
GRANT SELECT, INSERT ON performance_text TO coachhouse_server;

INSERT INTO life_cycle (thing, from_state, event, to_state, who, sentence) VALUES
('performance', 'recorded', 'sign_as_manager', 'signed_by_manager', '{manager}', 'The manager signed it.'),
('performance', 'recorded', 'sign_as_member', 'signed_by_member', '{member}', 'The member of staff signed it.'),
('performance', 'signed_by_member', 'sign_as_manager', 'signed', '{manager}', 'Both have signed it.'),
('performance', 'signed_by_manager', 'sign_as_member', 'signed', '{member}', 'Both have signed it.'),
('performance', 'recorded', 'replace', 'replaced', '{nobody}', 'Both have signed a record that corrects it; this one stays as it was.'),
('performance', 'signed_by_manager', 'replace', 'replaced', '{nobody}', 'Both have signed a record that corrects it; this one stays as it was.'),
('performance', 'signed_by_member', 'replace', 'replaced', '{nobody}', 'Both have signed a record that corrects it; this one stays as it was.'),
('performance', 'signed', 'replace', 'replaced', '{nobody}', 'Both have signed a record that corrects it; this one stays as it was.');
CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON performance
  FOR EACH ROW EXECUTE FUNCTION follow_life_cycle('performance');
