-- Sessions and the people in them.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE TYPE session_state AS ENUM ('to_be_arranged', 'requested', 'booked', 'attended',
  'mentee_missed', 'coach_missed', 'cancelled', 'declined');

CREATE TABLE session (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  version int NOT NULL DEFAULT 1,
  engagement bigint NOT NULL REFERENCES engagement,
  activity activity NOT NULL,
  coach bigint NOT NULL REFERENCES person,
  mentee bigint NOT NULL REFERENCES person,
  -- as they were then: reports count by them
  coach_organisation bigint NOT NULL REFERENCES organisation,
  mentee_organisation bigint NOT NULL REFERENCES organisation,
  state session_state NOT NULL,
  starts timestamptz,
  ends timestamptz,
  -- whether its times are taken: one definition, for every participation
  live boolean NOT NULL GENERATED ALWAYS AS (state IN ('booked', 'attended')) STORED,
  zone text NOT NULL,
  venue text,
  series bigint,
  minutes int NOT NULL CHECK (minutes BETWEEN 5 AND 720),  -- agreed; held once attended
  booked timestamptz NOT NULL DEFAULT clock(),
  booked_by bigint REFERENCES person,
  closed timestamptz,
  closed_by bigint REFERENCES person,
  reason text,  -- of its cancellation
  late boolean NOT NULL DEFAULT false,
  override_reason text,
  disputed timestamptz,
  dispute_reason text,
  recorded timestamptz,  -- the first conversation of it
  CHECK ((starts IS NULL) = (ends IS NULL)),
  CHECK (state IN ('to_be_arranged', 'cancelled') OR starts IS NOT NULL),
  CHECK (isfinite(starts) AND isfinite(ends)
    AND ends - starts BETWEEN interval '5 minutes' AND interval '12 hours'),
  UNIQUE (id, starts, ends, live)
);
CREATE INDEX session_coach ON session (coach, starts);
CREATE INDEX session_mentee ON session (mentee, starts);
CREATE INDEX session_engagement ON session (engagement);
CREATE INDEX session_starts ON session (starts);
CREATE INDEX session_not_closed ON session (ends) WHERE state = 'booked';

-- One person's claim on a time. The session's times and whether they are taken
-- come with it by the foreign key, so a session moves as one. Every way of
-- booking obeys the exclusion: nobody is in two places. `during` is for that
-- constraint alone; queries filter on starts and ends, since below row security
-- the planner does not push range operators into an index.
CREATE TABLE participation (
  session bigint NOT NULL,
  person bigint NOT NULL REFERENCES person,
  starts timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  live boolean NOT NULL,
  during tstzrange NOT NULL GENERATED ALWAYS AS (tstzrange(starts, ends)) STORED,
  readers bigint[] NOT NULL,  -- who may see that this person is in it
  PRIMARY KEY (session, person),
  FOREIGN KEY (session, starts, ends, live) REFERENCES session (id, starts, ends, live)
    ON UPDATE CASCADE,
  CONSTRAINT nobody_in_two_places EXCLUDE USING gist (person WITH =, during WITH &&) WHERE (live)
);
CREATE INDEX participation_person ON participation (person, starts, session) INCLUDE (ends, live);
