-- The words of this schema, one meaning each:
--   organisation   a partner body; it ends on a date and is never deleted
--   person         somebody with dated roles
--   registration   a coach's or mentor's entry in the register
--   request        "I want a coach"; waiting is counted from here
--   engagement     a coach or mentor and a mentee who agreed to work together
--   session        an agreed hour with people in it
--   participation  one person's claim on a time, in one session
--   conversation   the record of what was said in a session
--   action         what was agreed to be done, by whom, until when
--   receipt        what a write leaves: who did what, when, upon which thing
-- Ids come from one sequence, so that 1042 is one thing and no other.
CREATE SCHEMA IF NOT EXISTS coachhouse;
SET LOCAL search_path = coachhouse, pg_catalog;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA coachhouse;
REVOKE ALL ON SCHEMA coachhouse FROM PUBLIC;
GRANT USAGE ON SCHEMA coachhouse TO coachhouse_server;

CREATE SEQUENCE id START 1001;
GRANT USAGE ON SEQUENCE id TO coachhouse_server;

CREATE TYPE sector AS ENUM ('nhs', 'council', 'third', 'independent', 'other');
CREATE TYPE role AS ENUM ('member', 'coach', 'mentor', 'manager', 'administrator',
  'accreditee', 'facilitator', 'sponsor', 'supervisor');
CREATE TYPE activity AS ENUM ('coaching', 'mentoring');
CREATE TYPE visibility AS ENUM ('me', 'us');

-- Text that only the daemon opens; see daemon/seal.h.
CREATE TYPE sealed AS (box bytea, author bigint, visible visibility, binding bytea);

-- The one clock. The offset lets tests and demonstrations choose the time.
CREATE FUNCTION clock() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT now() + coalesce(nullif(current_setting('coachhouse.clock_offset', true), ''), '0')::interval
$$;

-- Who is asking; set by authenticate for one call. After one use an unset
-- setting is the empty string.
CREATE FUNCTION me() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT nullif(current_setting('coachhouse.me', true), '')::bigint
$$;
CREATE FUNCTION administers() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(current_setting('coachhouse.rank', true), '') = 'administrator'
$$;

-- What the partnership decides for itself; one row.
CREATE TABLE site (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  zone text NOT NULL DEFAULT 'Europe/London',
  pledge_year_month int NOT NULL DEFAULT 4 CHECK (pledge_year_month BETWEEN 1 AND 12),
  fewest_people int NOT NULL DEFAULT 5 CHECK (fewest_people >= 1),
  horizon_days int NOT NULL DEFAULT 182 CHECK (horizon_days BETWEEN 1 AND 730),
  slot_minutes int NOT NULL DEFAULT 30 CHECK (slot_minutes IN (5, 10, 15, 20, 30, 60)),
  longest_minutes int NOT NULL DEFAULT 240 CHECK (longest_minutes BETWEEN 15 AND 720),
  offer_days int NOT NULL DEFAULT 14,
  dispute_days int NOT NULL DEFAULT 7,
  late_hours int NOT NULL DEFAULT 24,
  invitation_days int NOT NULL DEFAULT 7,
  target_days int NOT NULL DEFAULT 42
);
INSERT INTO site DEFAULT VALUES;
GRANT SELECT ON site TO coachhouse_server;

CREATE TABLE organisation (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  sector sector NOT NULL,
  locality text,
  ends_on date,
  added timestamptz NOT NULL DEFAULT clock()
);
CREATE UNIQUE INDEX organisation_name ON organisation (lower(name));

-- A name as people type it: lower case, without accents, strokes and ligatures.
CREATE FUNCTION plain(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT translate(replace(replace(replace(replace(
    lower(regexp_replace(normalize(name, NFD), U&'[\0300-\036F]', '', 'g')),
    'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), 'þ', 'th'), 'łøđðı', 'loddi')
$$;

CREATE TABLE person (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  plain text NOT NULL GENERATED ALWAYS AS (plain(name)) STORED,
  organisation bigint NOT NULL REFERENCES organisation,
  zone text NOT NULL,
  left_on date,
  added timestamptz NOT NULL DEFAULT clock()
);
CREATE INDEX person_name ON person (id) INCLUDE (name);
CREATE INDEX person_organisation ON person (organisation);

-- Apart from person, since others see a name but not an address.
CREATE TABLE contact (
  person bigint PRIMARY KEY REFERENCES person,
  email text NOT NULL CHECK (email ~ '^[^@[:space:][:cntrl:]<>,;"]+@[^@[:space:][:cntrl:]<>,;"]+$')
);
CREATE UNIQUE INDEX contact_email ON contact (lower(email));

-- Dated, and held in an organisation. A line manager's staff: manages, below.
CREATE TABLE role_held (
  person bigint NOT NULL REFERENCES person,
  role role NOT NULL,
  organisation bigint NOT NULL REFERENCES organisation,
  starts_on date NOT NULL,
  ends_on date,  -- the last day
  PRIMARY KEY (person, role, organisation, starts_on),
  CHECK (ends_on >= starts_on)
);

-- Who manages whom: such pairs are refused as coach and mentee.
CREATE TABLE manages (
  manager bigint NOT NULL REFERENCES person,
  member bigint NOT NULL REFERENCES person,
  starts_on date NOT NULL,
  ends_on date,
  PRIMARY KEY (manager, member, starts_on),
  CHECK (manager <> member)
);

-- The SHA-256 of a one-time token, never the token.
CREATE TABLE invitation (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  person bigint NOT NULL REFERENCES person,
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  made timestamptz NOT NULL DEFAULT clock(),
  expires timestamptz NOT NULL,
  used timestamptz,
  used_by bytea  -- the public key that redeemed it
);

CREATE TABLE key (
  id bigint PRIMARY KEY DEFAULT nextval('id'),
  person bigint NOT NULL REFERENCES person,
  public bytea NOT NULL UNIQUE CHECK (length(public) = 32),
  label text NOT NULL DEFAULT '',
  added timestamptz NOT NULL DEFAULT clock(),
  revoked timestamptz
);
CREATE INDEX key_person ON key (person);

-- Daemons keep the known keys in memory; this tells them to read again.
CREATE FUNCTION keys_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('coachhouse_keys', '');
  RETURN NULL;
END $$;
CREATE TRIGGER keys_changed AFTER INSERT OR UPDATE OR DELETE ON key
  FOR EACH STATEMENT EXECUTE FUNCTION keys_changed();
CREATE TRIGGER keys_changed AFTER INSERT OR UPDATE OR DELETE ON role_held
  FOR EACH STATEMENT EXECUTE FUNCTION keys_changed();

-- A receipt is written with the effect of each write, in its transaction: a
-- repeated call finds it and gets the same reply. Reply and hash are emptied
-- after 30 days; who did what, when, upon which thing stays. Append-only.
CREATE TABLE receipt (
  caller bytea NOT NULL,
  call bytea NOT NULL,
  hash bytea,
  method text NOT NULL,
  person bigint,
  at timestamptz NOT NULL,
  subject bigint,
  reply bytea,
  PRIMARY KEY (caller, call)
);
CREATE INDEX receipt_kept ON receipt (at) WHERE reply IS NOT NULL;
