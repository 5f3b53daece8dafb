-- What was said, given to a third person: a recorded act with a reason, asked for by
-- one administrator, approved by another, told to the two of the conversation, open
-- to the named recipient alone and for some days.
SET LOCAL search_path = coachhouse, pg_catalog;

ALTER TABLE site ADD disclosure_days int NOT NULL DEFAULT 7 CHECK (disclosure_days BETWEEN 1 AND 90);

CREATE TYPE disclosure_state AS ENUM ('requested', 'approved', 'refused', 'ended');
CREATE TYPE disclosure_grounds AS ENUM ('harm', 'illegality');

CREATE TABLE disclosure (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  state disclosure_state NOT NULL DEFAULT 'requested',
  kind record_kind NOT NULL,
  record bigint NOT NULL,  -- a conversation or performance; this outlives it
  starts timestamptz NOT NULL,  -- of what was said
  author bigint NOT NULL REFERENCES person,
  other bigint NOT NULL REFERENCES person,
  recipient bigint NOT NULL REFERENCES person,
  grounds disclosure_grounds NOT NULL,
  reason text NOT NULL CHECK (trim(reason) <> ''),
  requested_by bigint NOT NULL REFERENCES person,
  requested timestamptz NOT NULL DEFAULT clock(),
  decided_by bigint REFERENCES person,
  decided timestamptz,
  until timestamptz,
  ended_by bigint REFERENCES person,
  ended timestamptz,
  first_read timestamptz,
  reads int NOT NULL DEFAULT 0,
  CHECK (state = 'requested' OR decided_by IS NOT NULL AND decided IS NOT NULL),
  CHECK (state NOT IN ('approved', 'ended') OR until IS NOT NULL),
  -- Two people at least, and none of those whom it is about.
  CONSTRAINT four_eyes CHECK (state NOT IN ('approved', 'ended') OR decided_by NOT IN (requested_by, recipient, author, other)),
  CONSTRAINT not_involved CHECK (requested_by NOT IN (author, other) AND recipient NOT IN (author, other))
);
CREATE UNIQUE INDEX disclosure_open ON disclosure (record, recipient) WHERE state = 'requested';
CREATE INDEX disclosure_author ON disclosure (author);
CREATE INDEX disclosure_other ON disclosure (other);
CREATE INDEX disclosure_recipient ON disclosure (recipient);

-- The two of the conversation, and the recipient, once it is approved.
ALTER TABLE disclosure ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON disclosure FOR SELECT USING ((SELECT administers()) OR requested_by = (SELECT me())
  OR (state IN ('approved', 'ended') AND (SELECT me()) IN (author, other, recipient)));
CREATE POLICY requested ON disclosure FOR INSERT WITH CHECK ((SELECT administers()) AND requested_by = (SELECT me()));
CREATE POLICY decided ON disclosure FOR UPDATE USING ((SELECT administers()));
GRANT SELECT, INSERT, UPDATE (state, decided_by, decided, until, ended_by, ended) ON disclosure TO coachhouse_server;

INSERT INTO life_cycle (thing, from_state, event, to_state, who, sentence) VALUES
('disclosure', 'requested', 'approve', 'approved', '{administrator}', 'Another administrator approves it; the two are told, and the recipient may read it for some days.'),
('disclosure', 'requested', 'refuse', 'refused', '{administrator}', 'It is not given; nobody is told what was said.'),
('disclosure', 'approved', 'end', 'ended', '{administrator}', 'It is closed before its time.');
CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON disclosure
  FOR EACH ROW EXECUTE FUNCTION follow_life_cycle('disclosure');
