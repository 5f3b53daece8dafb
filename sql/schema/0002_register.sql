-- The register of coaches and mentors, and the hours they publish.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE TYPE registration_state AS ENUM
  ('applied', 'approved', 'live', 'paused', 'lapsed', 'suspended', 'left');
CREATE TYPE registration_event AS ENUM ('approve', 'pause', 'resume', 'leave', 'lapse', 'suspend');

CREATE TABLE registration (
  person bigint PRIMARY KEY REFERENCES person,
  version int NOT NULL DEFAULT 1,
  state registration_state NOT NULL DEFAULT 'applied',
  activities activity[] NOT NULL DEFAULT '{coaching}' CHECK (cardinality(activities) > 0),
  specialisms text[] NOT NULL DEFAULT '{}',
  languages text[] NOT NULL DEFAULT '{}',
  pledge_hours double precision CHECK (pledge_hours >= 0 AND pledge_hours <= 2000),
  client_limit int CHECK (client_limit BETWEEN 0 AND 500),
  weekly_hours double precision CHECK (weekly_hours >= 0 AND weekly_hours <= 80),
  buffer_minutes int NOT NULL DEFAULT 0 CHECK (buffer_minutes BETWEEN 0 AND 240),
  notice_hours double precision NOT NULL DEFAULT 24 CHECK (notice_hours >= 0 AND notice_hours <= 2160),
  self_selection boolean NOT NULL DEFAULT true,
  added timestamptz NOT NULL DEFAULT clock(),
  approved timestamptz
);

-- Weekly hours as wall time in a zone, expanded to instants on the day.
CREATE TABLE pattern (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  coach bigint NOT NULL REFERENCES registration,
  weekday int NOT NULL CHECK (weekday BETWEEN 1 AND 7),  -- 1 is Monday
  opens time NOT NULL,
  closes time NOT NULL,  -- at or before opens: on the next day
  zone text NOT NULL,
  valid_from date NOT NULL,
  valid_to date,  -- the last day
  CHECK (valid_to >= valid_from)
);
CREATE INDEX pattern_coach ON pattern (coach);

-- Extra hours on one day.
CREATE TABLE opening (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  coach bigint NOT NULL REFERENCES registration,
  starts timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  CHECK (starts < ends AND ends - starts <= interval '24 hours')
);
CREATE INDEX opening_coach ON opening (coach, starts);

-- Time away closes everything it covers.
CREATE TABLE away (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  coach bigint NOT NULL REFERENCES registration,
  starts timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  reason text,  -- read by the person themselves
  cancelled timestamptz,
  CHECK (starts < ends AND isfinite(starts) AND isfinite(ends))
);
CREATE INDEX away_coach ON away (coach, ends) WHERE cancelled IS NULL;
