-- What was said, sealed, and what was agreed. Facts and content are two tables:
-- the organisation learns that a pool conversation took place, and no more.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE TYPE record_kind AS ENUM ('pool', 'performance');
CREATE TYPE action_state AS ENUM ('open', 'done', 'dropped');

CREATE TABLE conversation (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  kind record_kind NOT NULL DEFAULT 'pool',
  session bigint NOT NULL REFERENCES session,
  coach bigint NOT NULL REFERENCES person,
  mentee bigint NOT NULL REFERENCES person,
  author bigint NOT NULL REFERENCES person,
  recorded timestamptz NOT NULL DEFAULT clock(),
  UNIQUE (session, author),
  CHECK (author IN (coach, mentee))
);
CREATE INDEX conversation_coach ON conversation (coach);
CREATE INDEX conversation_mentee ON conversation (mentee);

-- The other person reads it only when it was written for both.
CREATE TABLE note (
  conversation bigint PRIMARY KEY REFERENCES conversation,
  author bigint NOT NULL REFERENCES person,
  other bigint NOT NULL REFERENCES person,
  visible visibility NOT NULL,
  note sealed NOT NULL,
  CHECK ((note).author = author AND (note).visible = visible AND (note).box IS NOT NULL)
);
CREATE UNIQUE INDEX note_binding ON note (((note).binding));

-- Agreed actions are seen by both people, whatever the note's visibility.
CREATE TABLE action (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  conversation bigint NOT NULL REFERENCES conversation,
  engagement bigint NOT NULL REFERENCES engagement,
  author bigint NOT NULL REFERENCES person,
  owner bigint NOT NULL REFERENCES person,
  other bigint NOT NULL REFERENCES person,
  action_text sealed NOT NULL,
  due date,
  state action_state NOT NULL DEFAULT 'open',
  made timestamptz NOT NULL DEFAULT clock(),
  changed timestamptz,
  CHECK ((action_text).author = author AND (action_text).visible = 'us'),
  CHECK (author IN (owner, other))
);
CREATE UNIQUE INDEX action_binding ON action (((action_text).binding));
CREATE INDEX action_owner ON action (owner, due) WHERE state = 'open';
CREATE INDEX action_other ON action (other);
CREATE INDEX action_conversation ON action (conversation);
