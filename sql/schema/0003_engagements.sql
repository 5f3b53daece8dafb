-- Asking for a coach or mentor, and working together.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE TYPE request_state AS ENUM ('submitted', 'offered', 'matched', 'withdrawn', 'closed');
CREATE TYPE engagement_state AS ENUM
  ('proposed', 'active', 'paused', 'completed', 'ended_early', 'declined');

CREATE TABLE engagement (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  version int NOT NULL DEFAULT 1,
  activity activity NOT NULL,
  coach bigint NOT NULL REFERENCES person,
  mentee bigint NOT NULL REFERENCES person,
  state engagement_state NOT NULL,
  sessions_agreed int CHECK (sessions_agreed BETWEEN 1 AND 100),
  until date,
  proposed timestamptz NOT NULL DEFAULT clock(),
  started timestamptz,
  ended timestamptz,
  end_reason text,
  CHECK (coach <> mentee)
);
-- One open engagement of a kind between the same two people.
CREATE UNIQUE INDEX engagement_open ON engagement (coach, mentee, activity)
  WHERE state IN ('proposed', 'active', 'paused');
CREATE INDEX engagement_coach ON engagement (coach, state);
CREATE INDEX engagement_mentee ON engagement (mentee, state);

-- Every timestamp is kept: waiting time is computed from them.
CREATE TABLE request (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  mentee bigint NOT NULL REFERENCES person,
  organisation bigint NOT NULL REFERENCES organisation,  -- the mentee's, then
  activity activity NOT NULL,
  coach bigint REFERENCES person,  -- asked for, or offered to
  state request_state NOT NULL DEFAULT 'submitted',
  submitted timestamptz NOT NULL DEFAULT clock(),
  offered timestamptz,
  offer_expires timestamptz,
  matched timestamptz,
  first_booked timestamptz,
  first_attended timestamptz,
  withdrawn timestamptz,
  closed timestamptz,
  engagement bigint REFERENCES engagement
);
-- One open request of a kind by one person; asking again finds it.
CREATE UNIQUE INDEX request_open ON request (mentee, activity) WHERE state IN ('submitted', 'offered');
CREATE INDEX request_mentee ON request (mentee);
CREATE INDEX request_coach ON request (coach) WHERE state = 'offered';
CREATE INDEX request_engagement ON request (engagement);
CREATE INDEX request_submitted ON request (submitted);

-- Each answer that a coach gave to an offered request.
CREATE TABLE offer_answer (
  request bigint NOT NULL REFERENCES request,
  coach bigint NOT NULL REFERENCES person,
  offered timestamptz NOT NULL,
  answered timestamptz NOT NULL DEFAULT clock(),
  accepted boolean NOT NULL,
  reason text,
  PRIMARY KEY (request, coach, offered)
);
