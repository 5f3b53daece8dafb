--
-- PostgreSQL database dump
--

\restrict wb7SWTKVd3oxd9UYPwAEox5PDmPAAjhtzlj6DYf1xKzoG4b1ndJ56q2YSowicAb

-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: coachhouse; Type: SCHEMA; Schema: -; Owner: coachhouse
--

CREATE SCHEMA coachhouse;


ALTER SCHEMA coachhouse OWNER TO coachhouse;

--
-- Name: btree_gist; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA coachhouse;


--
-- Name: action_state; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.action_state AS ENUM (
    'open',
    'done',
    'dropped'
);


ALTER TYPE coachhouse.action_state OWNER TO coachhouse;

--
-- Name: activity; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.activity AS ENUM (
    'coaching',
    'mentoring'
);


ALTER TYPE coachhouse.activity OWNER TO coachhouse;

--
-- Name: engagement_state; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.engagement_state AS ENUM (
    'proposed',
    'active',
    'paused',
    'completed',
    'ended_early',
    'declined'
);


ALTER TYPE coachhouse.engagement_state OWNER TO coachhouse;

--
-- Name: record_kind; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.record_kind AS ENUM (
    'pool',
    'performance'
);


ALTER TYPE coachhouse.record_kind OWNER TO coachhouse;

--
-- Name: registration_event; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.registration_event AS ENUM (
    'approve',
    'pause',
    'resume',
    'leave',
    'lapse',
    'suspend'
);


ALTER TYPE coachhouse.registration_event OWNER TO coachhouse;

--
-- Name: registration_state; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.registration_state AS ENUM (
    'applied',
    'approved',
    'live',
    'paused',
    'lapsed',
    'suspended',
    'left'
);


ALTER TYPE coachhouse.registration_state OWNER TO coachhouse;

--
-- Name: request_state; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.request_state AS ENUM (
    'submitted',
    'offered',
    'matched',
    'withdrawn',
    'closed'
);


ALTER TYPE coachhouse.request_state OWNER TO coachhouse;

--
-- Name: role; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.role AS ENUM (
    'member',
    'coach',
    'mentor',
    'manager',
    'administrator',
    'accreditee',
    'facilitator',
    'sponsor',
    'supervisor'
);


ALTER TYPE coachhouse.role OWNER TO coachhouse;

--
-- Name: visibility; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.visibility AS ENUM (
    'me',
    'us'
);


ALTER TYPE coachhouse.visibility OWNER TO coachhouse;

--
-- Name: sealed; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.sealed AS (
	box bytea,
	author bigint,
	visible coachhouse.visibility,
	binding bytea
);


ALTER TYPE coachhouse.sealed OWNER TO coachhouse;

--
-- Name: sector; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.sector AS ENUM (
    'nhs',
    'council',
    'third',
    'independent',
    'other'
);


ALTER TYPE coachhouse.sector OWNER TO coachhouse;

--
-- Name: session_state; Type: TYPE; Schema: coachhouse; Owner: coachhouse
--

CREATE TYPE coachhouse.session_state AS ENUM (
    'to_be_arranged',
    'requested',
    'booked',
    'attended',
    'mentee_missed',
    'coach_missed',
    'cancelled',
    'declined'
);


ALTER TYPE coachhouse.session_state OWNER TO coachhouse;

--
-- Name: administers(); Type: FUNCTION; Schema: coachhouse; Owner: coachhouse
--

CREATE FUNCTION coachhouse.administers() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(current_setting('coachhouse.rank', true), '') = 'administrator'
$$;


ALTER FUNCTION coachhouse.administers() OWNER TO coachhouse;

--
-- Name: clock(); Type: FUNCTION; Schema: coachhouse; Owner: coachhouse
--

CREATE FUNCTION coachhouse.clock() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT now() + coalesce(nullif(current_setting('coachhouse.clock_offset', true), ''), '0')::interval
$$;


ALTER FUNCTION coachhouse.clock() OWNER TO coachhouse;

--
-- Name: follow_life_cycle(); Type: FUNCTION; Schema: coachhouse; Owner: coachhouse
--

CREATE FUNCTION coachhouse.follow_life_cycle() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF NOT EXISTS (SELECT FROM coachhouse.life_cycle WHERE thing = TG_ARGV[0]
      AND from_state = OLD.state::text AND to_state = NEW.state::text) THEN
    RAISE EXCEPTION USING ERRCODE = 'ZC010', DETAIL = 'FAILED_PRECONDITION WRONG_STATE',
      MESSAGE = format('This %s is %s: it cannot become %s.', TG_ARGV[0],
        replace(OLD.state::text, '_', ' '), replace(NEW.state::text, '_', ' '));
  END IF;
  RETURN NEW;
END $$;


ALTER FUNCTION coachhouse.follow_life_cycle() OWNER TO coachhouse;

--
-- Name: keys_changed(); Type: FUNCTION; Schema: coachhouse; Owner: coachhouse
--

CREATE FUNCTION coachhouse.keys_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM pg_notify('coachhouse_keys', '');
  RETURN NULL;
END $$;


ALTER FUNCTION coachhouse.keys_changed() OWNER TO coachhouse;

--
-- Name: me(); Type: FUNCTION; Schema: coachhouse; Owner: coachhouse
--

CREATE FUNCTION coachhouse.me() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT nullif(current_setting('coachhouse.me', true), '')::bigint
$$;


ALTER FUNCTION coachhouse.me() OWNER TO coachhouse;

--
-- Name: plain(text); Type: FUNCTION; Schema: coachhouse; Owner: coachhouse
--

CREATE FUNCTION coachhouse.plain(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT translate(replace(replace(replace(replace(
    lower(regexp_replace(normalize(name, NFD), U&'[\0300-\036F]', '', 'g')),
    'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), 'þ', 'th'), 'łøđðı', 'loddi')
$$;


ALTER FUNCTION coachhouse.plain(name text) OWNER TO coachhouse;

--
-- Name: id; Type: SEQUENCE; Schema: coachhouse; Owner: coachhouse
--

CREATE SEQUENCE coachhouse.id
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE coachhouse.id OWNER TO coachhouse;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: session; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.session (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    engagement bigint NOT NULL,
    activity coachhouse.activity NOT NULL,
    coach bigint NOT NULL,
    mentee bigint NOT NULL,
    coach_organisation bigint NOT NULL,
    mentee_organisation bigint NOT NULL,
    state coachhouse.session_state NOT NULL,
    starts timestamp with time zone,
    ends timestamp with time zone,
    live boolean GENERATED ALWAYS AS ((state = ANY (ARRAY['booked'::coachhouse.session_state, 'attended'::coachhouse.session_state]))) STORED NOT NULL,
    zone text NOT NULL,
    venue text,
    series bigint,
    minutes integer NOT NULL,
    booked timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    booked_by bigint,
    closed timestamp with time zone,
    closed_by bigint,
    reason text,
    late boolean DEFAULT false NOT NULL,
    override_reason text,
    disputed timestamp with time zone,
    dispute_reason text,
    recorded timestamp with time zone,
    CONSTRAINT session_check CHECK (((starts IS NULL) = (ends IS NULL))),
    CONSTRAINT session_check1 CHECK (((state = ANY (ARRAY['to_be_arranged'::coachhouse.session_state, 'cancelled'::coachhouse.session_state])) OR (starts IS NOT NULL))),
    CONSTRAINT session_check2 CHECK ((isfinite(starts) AND isfinite(ends) AND (((ends - starts) >= '00:05:00'::interval) AND ((ends - starts) <= '12:00:00'::interval)))),
    CONSTRAINT session_minutes_check CHECK (((minutes >= 5) AND (minutes <= 720)))
);


ALTER TABLE coachhouse.session OWNER TO coachhouse;

--
-- Name: person; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.person (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    name text NOT NULL,
    plain text GENERATED ALWAYS AS (coachhouse.plain(name)) STORED NOT NULL,
    organisation bigint NOT NULL,
    zone text NOT NULL,
    left_on date,
    added timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    CONSTRAINT person_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);


ALTER TABLE coachhouse.person OWNER TO coachhouse;

--
-- Name: engagement; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.engagement (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    activity coachhouse.activity NOT NULL,
    coach bigint NOT NULL,
    mentee bigint NOT NULL,
    state coachhouse.engagement_state NOT NULL,
    sessions_agreed integer,
    until date,
    proposed timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    started timestamp with time zone,
    ended timestamp with time zone,
    end_reason text,
    CONSTRAINT engagement_check CHECK ((coach <> mentee)),
    CONSTRAINT engagement_sessions_agreed_check CHECK (((sessions_agreed >= 1) AND (sessions_agreed <= 100)))
);


ALTER TABLE coachhouse.engagement OWNER TO coachhouse;

--
-- Name: request; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.request (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    mentee bigint NOT NULL,
    organisation bigint NOT NULL,
    activity coachhouse.activity NOT NULL,
    coach bigint,
    state coachhouse.request_state DEFAULT 'submitted'::coachhouse.request_state NOT NULL,
    submitted timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    offered timestamp with time zone,
    offer_expires timestamp with time zone,
    matched timestamp with time zone,
    first_booked timestamp with time zone,
    first_attended timestamp with time zone,
    withdrawn timestamp with time zone,
    closed timestamp with time zone,
    engagement bigint
);


ALTER TABLE coachhouse.request OWNER TO coachhouse;

--
-- Name: receipt; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.receipt (
    caller bytea NOT NULL,
    call bytea NOT NULL,
    hash bytea,
    method text NOT NULL,
    person bigint,
    at timestamp with time zone NOT NULL,
    subject bigint,
    reply bytea
);


ALTER TABLE coachhouse.receipt OWNER TO coachhouse;

--
-- Name: action; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.action (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    conversation bigint NOT NULL,
    engagement bigint NOT NULL,
    author bigint NOT NULL,
    owner bigint NOT NULL,
    other bigint NOT NULL,
    action_text coachhouse.sealed NOT NULL,
    due date,
    state coachhouse.action_state DEFAULT 'open'::coachhouse.action_state NOT NULL,
    made timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    changed timestamp with time zone,
    CONSTRAINT action_check CHECK ((((action_text).author = author) AND ((action_text).visible = 'us'::coachhouse.visibility))),
    CONSTRAINT action_check1 CHECK (((author = owner) OR (author = other)))
);


ALTER TABLE coachhouse.action OWNER TO coachhouse;

--
-- Name: away; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.away (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    coach bigint NOT NULL,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    reason text,
    cancelled timestamp with time zone,
    CONSTRAINT away_check CHECK (((starts < ends) AND isfinite(starts) AND isfinite(ends)))
);


ALTER TABLE coachhouse.away OWNER TO coachhouse;

--
-- Name: contact; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.contact (
    person bigint NOT NULL,
    email text NOT NULL,
    CONSTRAINT contact_email_check CHECK ((email ~ '^[^@[:space:][:cntrl:]<>,;"]+@[^@[:space:][:cntrl:]<>,;"]+$'::text))
);


ALTER TABLE coachhouse.contact OWNER TO coachhouse;

--
-- Name: conversation; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.conversation (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    kind coachhouse.record_kind DEFAULT 'pool'::coachhouse.record_kind NOT NULL,
    session bigint NOT NULL,
    coach bigint NOT NULL,
    mentee bigint NOT NULL,
    author bigint NOT NULL,
    recorded timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    CONSTRAINT conversation_check CHECK (((author = coach) OR (author = mentee)))
);


ALTER TABLE coachhouse.conversation OWNER TO coachhouse;

--
-- Name: engine; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.engine (
    name text NOT NULL,
    used timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE coachhouse.engine OWNER TO coachhouse;

--
-- Name: invitation; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.invitation (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    person bigint NOT NULL,
    token_hash bytea NOT NULL,
    made timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    expires timestamp with time zone NOT NULL,
    used timestamp with time zone,
    used_by bytea,
    CONSTRAINT invitation_token_hash_check CHECK ((length(token_hash) = 32))
);


ALTER TABLE coachhouse.invitation OWNER TO coachhouse;

--
-- Name: key; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.key (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    person bigint NOT NULL,
    public bytea NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    added timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    revoked timestamp with time zone,
    CONSTRAINT key_public_check CHECK ((length(public) = 32))
);


ALTER TABLE coachhouse.key OWNER TO coachhouse;

--
-- Name: life_cycle; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.life_cycle (
    thing text NOT NULL,
    from_state text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL,
    who text[] NOT NULL,
    sentence text NOT NULL
);


ALTER TABLE coachhouse.life_cycle OWNER TO coachhouse;

--
-- Name: manages; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.manages (
    manager bigint NOT NULL,
    member bigint NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    CONSTRAINT manages_check CHECK ((manager <> member))
);


ALTER TABLE coachhouse.manages OWNER TO coachhouse;

--
-- Name: migration; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.migration (
    name text NOT NULL,
    applied timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE coachhouse.migration OWNER TO coachhouse;

--
-- Name: note; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.note (
    conversation bigint NOT NULL,
    author bigint NOT NULL,
    other bigint NOT NULL,
    visible coachhouse.visibility NOT NULL,
    note coachhouse.sealed NOT NULL,
    CONSTRAINT note_check CHECK ((((note).author = author) AND ((note).visible = visible) AND ((note).box IS NOT NULL)))
);


ALTER TABLE coachhouse.note OWNER TO coachhouse;

--
-- Name: offer_answer; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.offer_answer (
    request bigint NOT NULL,
    coach bigint NOT NULL,
    offered timestamp with time zone NOT NULL,
    answered timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    accepted boolean NOT NULL,
    reason text
);


ALTER TABLE coachhouse.offer_answer OWNER TO coachhouse;

--
-- Name: opening; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.opening (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    coach bigint NOT NULL,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    CONSTRAINT opening_check CHECK (((starts < ends) AND ((ends - starts) <= '24:00:00'::interval)))
);


ALTER TABLE coachhouse.opening OWNER TO coachhouse;

--
-- Name: organisation; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.organisation (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    name text NOT NULL,
    sector coachhouse.sector NOT NULL,
    locality text,
    ends_on date,
    added timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    CONSTRAINT organisation_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);


ALTER TABLE coachhouse.organisation OWNER TO coachhouse;

--
-- Name: participation; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.participation (
    session bigint NOT NULL,
    person bigint NOT NULL,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    live boolean NOT NULL,
    during tstzrange GENERATED ALWAYS AS (tstzrange(starts, ends)) STORED NOT NULL,
    readers bigint[] NOT NULL
);


ALTER TABLE coachhouse.participation OWNER TO coachhouse;

--
-- Name: pattern; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.pattern (
    id bigint DEFAULT nextval('coachhouse.id'::regclass) NOT NULL,
    coach bigint NOT NULL,
    weekday integer NOT NULL,
    opens time without time zone NOT NULL,
    closes time without time zone NOT NULL,
    zone text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT pattern_check CHECK ((valid_to >= valid_from)),
    CONSTRAINT pattern_weekday_check CHECK (((weekday >= 1) AND (weekday <= 7)))
);


ALTER TABLE coachhouse.pattern OWNER TO coachhouse;

--
-- Name: registration; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.registration (
    person bigint NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    state coachhouse.registration_state DEFAULT 'applied'::coachhouse.registration_state NOT NULL,
    activities coachhouse.activity[] DEFAULT '{coaching}'::coachhouse.activity[] NOT NULL,
    specialisms text[] DEFAULT '{}'::text[] NOT NULL,
    languages text[] DEFAULT '{}'::text[] NOT NULL,
    pledge_hours double precision,
    client_limit integer,
    weekly_hours double precision,
    buffer_minutes integer DEFAULT 0 NOT NULL,
    notice_hours double precision DEFAULT 24 NOT NULL,
    self_selection boolean DEFAULT true NOT NULL,
    added timestamp with time zone DEFAULT coachhouse.clock() NOT NULL,
    approved timestamp with time zone,
    CONSTRAINT registration_activities_check CHECK ((cardinality(activities) > 0)),
    CONSTRAINT registration_buffer_minutes_check CHECK (((buffer_minutes >= 0) AND (buffer_minutes <= 240))),
    CONSTRAINT registration_client_limit_check CHECK (((client_limit >= 0) AND (client_limit <= 500))),
    CONSTRAINT registration_notice_hours_check CHECK (((notice_hours >= (0)::double precision) AND (notice_hours <= (2160)::double precision))),
    CONSTRAINT registration_pledge_hours_check CHECK (((pledge_hours >= (0)::double precision) AND (pledge_hours <= (2000)::double precision))),
    CONSTRAINT registration_weekly_hours_check CHECK (((weekly_hours >= (0)::double precision) AND (weekly_hours <= (80)::double precision)))
);


ALTER TABLE coachhouse.registration OWNER TO coachhouse;

--
-- Name: role_held; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.role_held (
    person bigint NOT NULL,
    role coachhouse.role NOT NULL,
    organisation bigint NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    CONSTRAINT role_held_check CHECK ((ends_on >= starts_on))
);


ALTER TABLE coachhouse.role_held OWNER TO coachhouse;

--
-- Name: site; Type: TABLE; Schema: coachhouse; Owner: coachhouse
--

CREATE TABLE coachhouse.site (
    one boolean DEFAULT true NOT NULL,
    zone text DEFAULT 'Europe/London'::text NOT NULL,
    pledge_year_month integer DEFAULT 4 NOT NULL,
    fewest_people integer DEFAULT 5 NOT NULL,
    horizon_days integer DEFAULT 182 NOT NULL,
    slot_minutes integer DEFAULT 30 NOT NULL,
    longest_minutes integer DEFAULT 240 NOT NULL,
    offer_days integer DEFAULT 14 NOT NULL,
    dispute_days integer DEFAULT 7 NOT NULL,
    late_hours integer DEFAULT 24 NOT NULL,
    invitation_days integer DEFAULT 7 NOT NULL,
    target_days integer DEFAULT 42 NOT NULL,
    CONSTRAINT site_fewest_people_check CHECK ((fewest_people >= 1)),
    CONSTRAINT site_horizon_days_check CHECK (((horizon_days >= 1) AND (horizon_days <= 730))),
    CONSTRAINT site_longest_minutes_check CHECK (((longest_minutes >= 15) AND (longest_minutes <= 720))),
    CONSTRAINT site_one_check CHECK (one),
    CONSTRAINT site_pledge_year_month_check CHECK (((pledge_year_month >= 1) AND (pledge_year_month <= 12))),
    CONSTRAINT site_slot_minutes_check CHECK ((slot_minutes = ANY (ARRAY[5, 10, 15, 20, 30, 60])))
);


ALTER TABLE coachhouse.site OWNER TO coachhouse;

--
-- Data for Name: action; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.action (id, conversation, engagement, author, owner, other, action_text, due, state, made, changed) FROM stdin;
1048	1047	1034	1011	1011	1008	("\\\\x013262343531613563ef599819888ca1d7526ce18846ee061e1fc4169d75abd4d510c2682fe386ec996bada03d2c8b09a03681e13aa3afa009ff0c60562abbe63fe1d26fb17a650d68f818a6217959c5a61ec1b25fd4e9c43cb09318f338943d39f12638ed8aedd01d7b8f71fc8db91ca11282525cf7b2cbd036d4824361ff2f59cda3c6bc52517f5ea115d27b65f4e509760968101db20ebffb41b6d536ae7883d5a9b895c0cf44af64f5cfa607684f9c64162d3a0a0ad02611bbb479fcba7fecfba6c7d22b489d22fa682a71aca3f5c637a93566984083542a6c874b0eaae14c14e8a7809fbfc380aea8cd67625bdf9a9cbf0a5eed2bc1b8e282738581a5fbd4086acba858f69223702c6de30d6d10e2b55ad9ff9311d677c89da8f0d8d9df337d5a8839914502b86ffb168d88906630",1011,us,"\\\\x4820a3c1fd1b2b0974e4fc909b8ab9a7")	2026-12-06	open	2026-11-12 08:00:00.171263+00	\N
\.


--
-- Data for Name: away; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.away (id, coach, starts, ends, reason, cancelled) FROM stdin;
\.


--
-- Data for Name: contact; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.contact (person, email) FROM stdin;
1002	ruth@example.org
1005	karen@example.org
1008	moses@example.org
1011	zoe@example.org
1014	max@example.org
\.


--
-- Data for Name: conversation; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.conversation (id, kind, session, coach, mentee, author, recorded) FROM stdin;
1046	pool	1033	1005	1011	1005	2026-11-12 08:00:00.133683+00
1047	pool	1036	1008	1011	1011	2026-11-12 08:00:00.171263+00
\.


--
-- Data for Name: engagement; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.engagement (id, version, activity, coach, mentee, state, sessions_agreed, until, proposed, started, ended, end_reason) FROM stdin;
1031	1	coaching	1005	1011	active	\N	\N	2026-11-02 08:00:00.393078+00	2026-11-02 08:00:00.393078+00	\N	\N
1034	1	mentoring	1008	1011	active	\N	\N	2026-11-02 08:00:00.421654+00	2026-11-02 08:00:00.421654+00	\N	\N
1042	1	coaching	1005	1014	active	\N	\N	2026-11-02 08:00:00.454839+00	2026-11-02 08:00:00.454839+00	\N	\N
\.


--
-- Data for Name: engine; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.engine (name, used) FROM stdin;
engine_090e0bbe	2026-11-22 09:16:28.418096+00
\.


--
-- Data for Name: invitation; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.invitation (id, person, token_hash, made, expires, used, used_by) FROM stdin;
1003	1002	\\x97a759ddf5b5ef2ea96fbdad1229a85953651a2b3c1f46db464797b4598ec4f2	2026-11-22 09:16:27.459552+00	2026-11-29 09:16:27.459552+00	2026-11-02 08:00:00.16489+00	\\xba8a51b228cf5576f8f501eaeaab233c9a80c53eb1ef16177d79fa2d5ab44638
1006	1005	\\x594154caf4d8989e489afbf7686498fcb157223fe75b36762537aa092b0a75e0	2026-11-02 08:00:00.185744+00	2026-11-09 08:00:00.185744+00	2026-11-02 08:00:00.205109+00	\\x0ffaf598830a95070ebb1c320aec9914b2481d9153cc003d59a4626462aafa06
1009	1008	\\xe010b01903c0800336c6e700fdbebe80c57fd29267e527190fecdb6c71a7f7b2	2026-11-02 08:00:00.218059+00	2026-11-09 08:00:00.218059+00	2026-11-02 08:00:00.232158+00	\\x655655e9317e1b3354bb0afa45b3b5e17438d9c0cb5fa209e47ab94076de4a50
1012	1011	\\xe4765f05b32acf22ebd7533ee8afaaabbeab9eee9c5ab6ce05aecb98aa194dcd	2026-11-02 08:00:00.244176+00	2026-11-09 08:00:00.244176+00	2026-11-02 08:00:00.259577+00	\\xb9d55f3a34459147fc1f9675ed1d39c46427efb2db31e9119052e9ddc7019354
1015	1014	\\x6963651cf32789916581f79f65c20a5c58c9b00b0ee0067c2e0202fb2bf37a7c	2026-11-02 08:00:00.278792+00	2026-11-09 08:00:00.278792+00	2026-11-02 08:00:00.291952+00	\\xaf2ec4b88211c4b0148df5415d303d4c8e09cb1290c76caa8ac652f18528050c
\.


--
-- Data for Name: key; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.key (id, person, public, label, added, revoked) FROM stdin;
1004	1002	\\xba8a51b228cf5576f8f501eaeaab233c9a80c53eb1ef16177d79fa2d5ab44638	golden	2026-11-02 08:00:00.16489+00	\N
1007	1005	\\x0ffaf598830a95070ebb1c320aec9914b2481d9153cc003d59a4626462aafa06	golden	2026-11-02 08:00:00.205109+00	\N
1010	1008	\\x655655e9317e1b3354bb0afa45b3b5e17438d9c0cb5fa209e47ab94076de4a50	golden	2026-11-02 08:00:00.232158+00	\N
1013	1011	\\xb9d55f3a34459147fc1f9675ed1d39c46427efb2db31e9119052e9ddc7019354	golden	2026-11-02 08:00:00.259577+00	\N
1016	1014	\\xaf2ec4b88211c4b0148df5415d303d4c8e09cb1290c76caa8ac652f18528050c	golden	2026-11-02 08:00:00.291952+00	\N
\.


--
-- Data for Name: life_cycle; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.life_cycle (thing, from_state, event, to_state, who, sentence) FROM stdin;
registration	applied	approve	live	{administrator}	An administrator approves the application; the coach can be booked.
registration	live	pause	paused	{owner,administrator}	No new bookings; those made stay.
registration	paused	resume	live	{owner,administrator}	The coach can be booked again.
registration	lapsed	approve	live	{administrator}	Qualification and supervision are up to date again.
registration	suspended	resume	live	{administrator}	The suspension is over.
registration	live	lapse	lapsed	{administrator}	Qualification, supervision or support has expired; no new bookings.
registration	live	suspend	suspended	{administrator}	No bookings until it is settled.
registration	applied	leave	left	{administrator}	The application ends.
registration	live	leave	left	{administrator}	The coach has left the register.
registration	paused	leave	left	{administrator}	The coach has left the register.
registration	lapsed	leave	left	{administrator}	The coach has left the register.
registration	suspended	leave	left	{administrator}	The coach has left the register.
registration	left	approve	live	{administrator}	The coach is back.
request	submitted	offer	offered	{administrator}	The request is offered to a coach, who answers within the offer's days.
request	offered	offer	offered	{administrator}	The request is offered to another coach.
request	offered	decline	submitted	{coach,administrator}	The coach declined; the request waits again, from when it was submitted.
request	offered	expire	submitted	{nobody}	Nobody answered the offer in time; the request waits again.
request	submitted	match	matched	{coach,mentee,administrator}	A booking answered the request.
request	offered	match	matched	{coach,mentee,administrator}	The coach accepted.
request	submitted	withdraw	withdrawn	{mentee,administrator}	The mentee no longer wants it.
request	offered	withdraw	withdrawn	{mentee,administrator}	The mentee no longer wants it.
request	submitted	close	closed	{administrator}	Closed without a match.
request	matched	close	closed	{coach,mentee,administrator}	The engagement ended before a first session.
engagement	proposed	accept	active	{coach,administrator}	The coach accepted; sessions requested are booked if their time is still free.
engagement	proposed	decline	declined	{coach,administrator}	The coach declined.
engagement	proposed	withdraw	declined	{mentee,administrator}	The mentee withdrew before the coach answered.
engagement	active	complete	completed	{coach,mentee,administrator}	The work is done.
engagement	active	end	ended_early	{coach,mentee,administrator}	It ended before the work was done; a reason is kept.
engagement	active	pause	paused	{coach,mentee,administrator}	Nothing is booked until it goes on.
engagement	paused	resume	active	{coach,mentee,administrator}	The work goes on.
engagement	paused	complete	completed	{coach,mentee,administrator}	The work is done.
engagement	paused	end	ended_early	{coach,mentee,administrator}	It ended before the work was done; a reason is kept.
session	requested	accept	booked	{coach,administrator}	The coach accepted; the time is taken.
session	requested	decline	declined	{coach,administrator}	The coach declined; the time was never taken.
session	requested	withdraw	cancelled	{mentee,administrator}	The mentee withdrew before the coach answered.
session	requested	postpone	to_be_arranged	{coach,administrator}	Accepted, but the time has gone since: a new one is to be found.
session	to_be_arranged	book	booked	{coach,mentee,administrator}	A time is found.
session	to_be_arranged	cancel	cancelled	{coach,mentee,administrator}	It is no longer wanted.
session	booked	move	booked	{coach,mentee,administrator}	The same session at another time.
session	requested	move	requested	{coach,mentee,administrator}	Another time is asked for.
session	booked	cancel	cancelled	{coach,mentee,administrator}	The time is free again.
session	requested	cancel	cancelled	{coach,mentee,administrator}	It is no longer wanted.
session	booked	attend	attended	{coach,mentee}	Both were there.
session	booked	miss_mentee	mentee_missed	{coach,mentee}	The mentee did not come.
session	booked	miss_coach	coach_missed	{coach,mentee}	The coach did not come.
session	attended	attend	attended	{coach,mentee}	How long it took is put right.
session	attended	miss_mentee	mentee_missed	{coach,mentee}	It is put right: the mentee did not come.
session	attended	miss_coach	coach_missed	{coach,mentee}	It is put right: the coach did not come.
session	mentee_missed	attend	attended	{coach,mentee}	It is put right: both were there.
session	coach_missed	attend	attended	{coach,mentee}	It is put right: both were there.
action	open	done	done	{coach,mentee}	It is done.
action	open	drop	dropped	{coach,mentee}	It is no longer wanted.
\.


--
-- Data for Name: manages; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.manages (manager, member, starts_on, ends_on) FROM stdin;
\.


--
-- Data for Name: migration; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.migration (name, applied) FROM stdin;
0001_people	2026-11-22 09:16:27.243025+00
0002_register	2026-11-22 09:16:27.300862+00
0003_engagements	2026-11-22 09:16:27.318236+00
0004_sessions	2026-11-22 09:16:27.338157+00
0005_conversations	2026-11-22 09:16:27.357766+00
0006_life_cycles	2026-11-22 09:16:27.386666+00
0007_row_security	2026-11-22 09:16:27.391869+00
\.


--
-- Data for Name: note; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.note (conversation, author, other, visible, note) FROM stdin;
1046	1005	1011	me	("\\\\x01326234353161356390f158db53a1be3ac663f8f91b67edf97de81c7acf5bc62b18eebfec52f8f8455b675fe26dd6c76ef3b9d92d7370897815a6af030cde1bb868b3104baf292d118cbcc5fb532ba1dfc7fbeab6e83d5832e231dee94d02257fbfe451782e6dcd8f0ee02081dad160dab9d20ca8cb87f00d73bebb86d47fe467b979bb235fdd9d92645657c0ac17625f86f308d48f1fd97b274ccc6f7c4a0f39887d00c2e1fa6bcfc115b1aac252489c8a685039d8ad6b1db4f40d6fd04f42d4239cbe3f5cd745cfc9a90e758c3a6fdf0d29aab62264d1da5912577f62ce554ad57726982703c8325f861555d0f5508de1a4eafbc81aa1b8bf456ac5e01a98746f5c2fa09f48e65865947bbbd2ed01411821e3a3c4bdc8e01039aeb0c8b7592e177f967cf47b1fd9e20fd7f321c5a87b",1005,me,"\\\\x3e3fa1b029850fff1e4bbdca01a03f7c")
1047	1011	1008	us	("\\\\x013262343531613563a7a2e4e563233b35cfb429c912a66cca4032a387e6a23b052f14f9fb171a6e61b8d869c204b4de1c746c7397fa676979c746b55275d90961370fcf4191e5d2da92e3ffc2a732df7d928008235b66fc036850864e5cd8cff27c92741d3f76463e7f172a95e58e5421f7efa6c76769a67ad75a7b0f30c2da01ab35b227be2bb06c42f90aa7273a44686dc5ce2a5dd46c284a67f4ebee4ccf1d3c6e7a680d8691b46646254f1481ac6e8b1cebac86c61df89f0320de7ffe06a8439b99bca58147ac08252e9d62e3c6049bb863868b543525f4b243771aa9521f98e227991fdc6e513ee6a2c9e5b0b1599d62d81bc35ba5e4ebf718b0bdc5a518fb8bfef272175f748bb60f6f34c6e50edacacb7667874bb274f551d61d35356002655c1419057bfe072c1c505871c527",1011,us,"\\\\x9b155c308c024b152ea5bf6d01666fd5")
\.


--
-- Data for Name: offer_answer; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.offer_answer (request, coach, offered, answered, accepted, reason) FROM stdin;
\.


--
-- Data for Name: opening; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.opening (id, coach, starts, ends) FROM stdin;
\.


--
-- Data for Name: organisation; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.organisation (id, name, sector, locality, ends_on, added) FROM stdin;
1001	Alder Trust	nhs	\N	\N	2026-11-22 09:16:27.459552+00
\.


--
-- Data for Name: participation; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.participation (session, person, starts, ends, live, readers) FROM stdin;
1033	1005	2026-11-05 10:00:00+00	2026-11-05 11:00:00+00	t	{1005,1011}
1033	1011	2026-11-05 10:00:00+00	2026-11-05 11:00:00+00	t	{1005,1011}
1036	1008	2026-11-06 10:00:00+00	2026-11-06 11:00:00+00	t	{1008,1011}
1036	1011	2026-11-06 10:00:00+00	2026-11-06 11:00:00+00	t	{1008,1011}
1037	1008	2026-11-13 10:00:00+00	2026-11-13 11:00:00+00	t	{1008,1011}
1037	1011	2026-11-13 10:00:00+00	2026-11-13 11:00:00+00	t	{1008,1011}
1038	1008	2026-11-20 10:00:00+00	2026-11-20 11:00:00+00	t	{1008,1011}
1038	1011	2026-11-20 10:00:00+00	2026-11-20 11:00:00+00	t	{1008,1011}
1039	1008	2026-11-27 10:00:00+00	2026-11-27 11:00:00+00	t	{1008,1011}
1039	1011	2026-11-27 10:00:00+00	2026-11-27 11:00:00+00	t	{1008,1011}
1040	1008	2026-12-04 10:00:00+00	2026-12-04 11:00:00+00	t	{1008,1011}
1040	1011	2026-12-04 10:00:00+00	2026-12-04 11:00:00+00	t	{1008,1011}
1041	1008	2026-12-11 10:00:00+00	2026-12-11 11:00:00+00	t	{1008,1011}
1041	1011	2026-12-11 10:00:00+00	2026-12-11 11:00:00+00	t	{1008,1011}
1044	1005	2026-11-09 14:00:00+00	2026-11-09 15:00:00+00	t	{1005,1014}
1044	1014	2026-11-09 14:00:00+00	2026-11-09 15:00:00+00	t	{1005,1014}
\.


--
-- Data for Name: pattern; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.pattern (id, coach, weekday, opens, closes, zone, valid_from, valid_to) FROM stdin;
1017	1005	1	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1018	1005	2	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1019	1005	3	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1020	1005	4	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1021	1005	5	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1022	1005	6	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1023	1005	7	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1024	1008	1	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1025	1008	2	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1026	1008	3	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1027	1008	4	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1028	1008	5	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1029	1008	6	00:00:00	00:00:00	Europe/London	2026-11-02	\N
1030	1008	7	00:00:00	00:00:00	Europe/London	2026-11-02	\N
\.


--
-- Data for Name: person; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.person (id, name, organisation, zone, left_on, added) FROM stdin;
1002	Ruth Example	1001	Europe/London	\N	2026-11-22 09:16:27.459552+00
1005	Karen Example	1001	Europe/London	\N	2026-11-02 08:00:00.185744+00
1008	Moses Example	1001	Europe/London	\N	2026-11-02 08:00:00.218059+00
1011	Zoë Example	1001	Europe/London	\N	2026-11-02 08:00:00.244176+00
1014	Max Example	1001	Europe/London	\N	2026-11-02 08:00:00.278792+00
\.


--
-- Data for Name: receipt; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.receipt (caller, call, hash, method, person, at, subject, reply) FROM stdin;
\\xba8a51b228cf5576f8f501eaeaab233c9a80c53eb1ef16177d79fa2d5ab44638	\\xa756f7a9a881a96fe40e1f692bc80491	\\xdfc13f8df3a8af052ac6d00ca787da5dc724dee58dc33e072a2a6e88f49034fe	coachhouse.v1.Enrolment/Redeem	\N	2026-11-02 08:00:00.16489+00	\N	\\x00000007000000140000000800000000000003ea000000190000000c52757468204578616d706c65000000190000001072757468406578616d706c652e6f7267000000190000000b416c646572205472757374000042ab0000002f0000000100000000000042ac0000000200000001000000066d656d6265720000000d61646d696e6973747261746f72000000190000000d4575726f70652f4c6f6e646f6e00000019000000386970633a2f2f2f746d702f636f616368686f7573652d676f6c64656e2e6853687544422f646174612f72756e2f636f616368642e736f636b
\\xba8a51b228cf5576f8f501eaeaab233c9a80c53eb1ef16177d79fa2d5ab44638	\\x2f87e4657326b9bc9bfadfa696da23fc	\\x8e28293ef95f90fe586c3cd4c43cfb9a25eb7bd79428f5108d6e159317ce4f50	coachhouse.v1.People/InvitePerson	1002	2026-11-02 08:00:00.185744+00	1005	\\x00000004000000140000000800000000000003ed000004a000000008000302d21e05559000000019000000376970633a2f2f2f746d702f636f616368686f7573652d676f6c64656e2e6853687544422f646174612f72756e2f656e726f6c2e736f636b000000190000004039393734313039326537373864336631616263623766333536396135313033656436336339393765666432323866373136316561663463353534373566643164
\\x0ffaf598830a95070ebb1c320aec9914b2481d9153cc003d59a4626462aafa06	\\x54585ff1eec1b88ab6c34a19c9573c6b	\\x4ea2d12d3cb934abab6456bc9e5ca5f18a5a4e3eb014cd8e8d4ea63a64d698cc	coachhouse.v1.Enrolment/Redeem	\N	2026-11-02 08:00:00.205109+00	\N	\\x00000007000000140000000800000000000003ed000000190000000d4b6172656e204578616d706c6500000019000000116b6172656e406578616d706c652e6f7267000000190000000b416c646572205472757374000042ab000000270000000100000000000042ac0000000200000001000000066d656d62657200000005636f616368000000190000000d4575726f70652f4c6f6e646f6e00000019000000386970633a2f2f2f746d702f636f616368686f7573652d676f6c64656e2e6853687544422f646174612f72756e2f636f616368642e736f636b
\\xba8a51b228cf5576f8f501eaeaab233c9a80c53eb1ef16177d79fa2d5ab44638	\\x8ab1e1d05ae7e443a5748a1fdbe20599	\\x1f9692ee38a19b25c28e89f4c4e1c14d0ae3af71f877b7ce0c9c41b0c981a719	coachhouse.v1.People/InvitePerson	1002	2026-11-02 08:00:00.218059+00	1008	\\x00000004000000140000000800000000000003f0000004a000000008000302d21e05d3cb00000019000000376970633a2f2f2f746d702f636f616368686f7573652d676f6c64656e2e6853687544422f646174612f72756e2f656e726f6c2e736f636b000000190000004039393734313039326537373864336631616263623766333536396135313033656436336339393765666432323866373136316561663463353534373566643164
\\x655655e9317e1b3354bb0afa45b3b5e17438d9c0cb5fa209e47ab94076de4a50	\\xd4bf49cdd8dedcf42837a89cd2555ff3	\\xf1dee33d8b2d0e2de41d92c0c7bb1c1e7cd786b9848ab1889ee2558489f3e611	coachhouse.v1.Enrolment/Redeem	\N	2026-11-02 08:00:00.232158+00	\N	\\x00000007000000140000000800000000000003f0000000190000000d4d6f736573204578616d706c6500000019000000116d6f736573406578616d706c652e6f7267000000190000000b416c646572205472757374000042ab000000280000000100000000000042ac0000000200000001000000066d656d626572000000066d656e746f72000000190000000d4575726f70652f4c6f6e646f6e00000019000000386970633a2f2f2f746d702f636f616368686f7573652d676f6c64656e2e6853687544422f646174612f72756e2f636f616368642e736f636b
\\xba8a51b228cf5576f8f501eaeaab233c9a80c53eb1ef16177d79fa2d5ab44638	\\x09943cc39a49c878dd7ced23217710af	\\x99a381cb4db96bee34b78310ad3a7b99c3cb5c3704d6d5d2107db234e4df89f3	coachhouse.v1.People/InvitePerson	1002	2026-11-02 08:00:00.244176+00	1011	\\x00000004000000140000000800000000000003f3000004a000000008000302d21e0639d000000019000000376970633a2f2f2f746d702f636f616368686f7573652d676f6c64656e2e6853687544422f646174612f72756e2f656e726f6c2e736f636b000000190000004039393734313039326537373864336631616263623766333536396135313033656436336339393765666432323866373136316561663463353534373566643164
\\xb9d55f3a34459147fc1f9675ed1d39c46427efb2db31e9119052e9ddc7019354	\\x9d0ab75f397517906eb94b52f3563e4b	\\xf38a7af8acfb2533c6d50e47da4ac65d5752d2b7720c19becfbf594e74bcb2fc	coachhouse.v1.Enrolment/Redeem	\N	2026-11-02 08:00:00.259577+00	\N	\\x00000007000000140000000800000000000003f3000000190000000c5a6fc3ab204578616d706c65000000190000000f7a6f65406578616d706c652e6f7267000000190000000b416c646572205472757374000042ab0000001e0000000100000000000042ac0000000100000001000000066d656d626572000000190000000d4575726f70652f4c6f6e646f6e00000019000000386970633a2f2f2f746d702f636f616368686f7573652d676f6c64656e2e6853687544422f646174612f72756e2f636f616368642e736f636b
\\xba8a51b228cf5576f8f501eaeaab233c9a80c53eb1ef16177d79fa2d5ab44638	\\x472158160517f25b4e71ecf38398a797	\\xe755e88be0aa94ec162a978803f8c0d9c4e98ec412d20273fa4992eea0f8d9b9	coachhouse.v1.People/InvitePerson	1002	2026-11-02 08:00:00.278792+00	1014	\\x00000004000000140000000800000000000003f6000004a000000008000302d21e06c10800000019000000376970633a2f2f2f746d702f636f616368686f7573652d676f6c64656e2e6853687544422f646174612f72756e2f656e726f6c2e736f636b000000190000004039393734313039326537373864336631616263623766333536396135313033656436336339393765666432323866373136316561663463353534373566643164
\\xaf2ec4b88211c4b0148df5415d303d4c8e09cb1290c76caa8ac652f18528050c	\\x3367a679891ee625497757947d7e4f4a	\\x71dfb5da7a7e3516923427ea97dd9d74ba9376026dca80efa8ec8c6b16b9f879	coachhouse.v1.Enrolment/Redeem	\N	2026-11-02 08:00:00.291952+00	\N	\\x00000007000000140000000800000000000003f6000000190000000b4d6178204578616d706c65000000190000000f6d6178406578616d706c652e6f7267000000190000000b416c646572205472757374000042ab0000001e0000000100000000000042ac0000000100000001000000066d656d626572000000190000000d4575726f70652f4c6f6e646f6e00000019000000386970633a2f2f2f746d702f636f616368686f7573652d676f6c64656e2e6853687544422f646174612f72756e2f636f616368642e736f636b
\\x0ffaf598830a95070ebb1c320aec9914b2481d9153cc003d59a4626462aafa06	\\x44df760e5606b9e660299c6a08339dd5	\\x566d444bf3816e7b758794bbfc445b7a20166789559af8a272f27f27a882a965	coachhouse.v1.Coaches/SetProfile	1005	2026-11-02 08:00:00.304111+00	1005	\\x00000003000000140000000800000000000003ed00000017000000040000000200004366000000076170706c696564
\\x0ffaf598830a95070ebb1c320aec9914b2481d9153cc003d59a4626462aafa06	\\x2000958bc06bd384937ff1eb223ed377	\\xdd68c41d11b916736d03ffa654b58a631504a98b5b81f790ba946cb75cd946a6	coachhouse.v1.Coaches/SetAvailability	1005	2026-11-02 08:00:00.318198+00	1005	\\x00000004000000140000000800000000000003ed000000190000000d4575726f70652f4c6f6e646f6e000002bd000000084065000000000000000003f8ffffffff
\\xba8a51b228cf5576f8f501eaeaab233c9a80c53eb1ef16177d79fa2d5ab44638	\\xaa6550a4697fec63d3dfe5415d9e0974	\\x0b0caa0c42e77b2126b189e27be76d235ee7b8abb8025605fc1b75d4aeaf464c	coachhouse.v1.Coaches/ChangeRegistration	1002	2026-11-02 08:00:00.336941+00	1005	\\x00000002000000140000000800000000000003ed00004366000000046c697665
\\x655655e9317e1b3354bb0afa45b3b5e17438d9c0cb5fa209e47ab94076de4a50	\\x1daae5bca9f0eb4c82d34c0534c1ba3b	\\x566d444bf3816e7b758794bbfc445b7a20166789559af8a272f27f27a882a965	coachhouse.v1.Coaches/SetProfile	1008	2026-11-02 08:00:00.354707+00	1008	\\x00000003000000140000000800000000000003f000000017000000040000000200004366000000076170706c696564
\\x655655e9317e1b3354bb0afa45b3b5e17438d9c0cb5fa209e47ab94076de4a50	\\x3374acd05b5c230718e595a730a9936b	\\xdd68c41d11b916736d03ffa654b58a631504a98b5b81f790ba946cb75cd946a6	coachhouse.v1.Coaches/SetAvailability	1008	2026-11-02 08:00:00.369357+00	1008	\\x00000004000000140000000800000000000003f0000000190000000d4575726f70652f4c6f6e646f6e000002bd000000084065000000000000000003f8ffffffff
\\xba8a51b228cf5576f8f501eaeaab233c9a80c53eb1ef16177d79fa2d5ab44638	\\x3abbe6e364727d54e83384f1282c9c62	\\xe2a120c58d0e4996c1631534726dd63889c34b44d843a66e4674600e9b0c5278	coachhouse.v1.Coaches/ChangeRegistration	1002	2026-11-02 08:00:00.382712+00	1008	\\x00000002000000140000000800000000000003f000004366000000046c697665
\\xb9d55f3a34459147fc1f9675ed1d39c46427efb2db31e9119052e9ddc7019354	\\x97138780f1210baa381d6bad4f754fce	\\x5947149dfbb76c6eef1ebc27f451fbb09daf442d8f5f9a50f3badfccf70b650e	coachhouse.v1.Booking/BookSession	1011	2026-11-02 08:00:00.393078+00	1033	\\x0000000300004560000001090000000100000000000045610000000100000001000000f10000001000000014000000080000000000000409000000170000000400000001000004a0000000080003028353cc4800000004a000000008000302842a5fec00000000190000000d4575726f70652f4c6f6e646f6e0000443000000006626f6f6b6564000042c000000008636f616368696e67000000140000000800000000000003ed000000190000000d4b6172656e204578616d706c65000000140000000800000000000003f3000000190000000c5a6fc3ab204578616d706c6500000019ffffffff0000001400000008000000000000040700000014ffffffff00000017000000040000003c0000001000000001000000456cffffffff00000014000000080000000000000409
\\xb9d55f3a34459147fc1f9675ed1d39c46427efb2db31e9119052e9ddc7019354	\\x9398460ca18c3f72c6adb6e10e5e7e3d	\\x6d5bae4ae199f9f2976ee78943d196e15133bc0ac226c797b2e1dc60a166a95a	coachhouse.v1.Booking/BookSession	1011	2026-11-02 08:00:00.421654+00	1036	\\x0000000300004560000006080000000100000000000045610000000600000001000000fa000000100000001400000008000000000000040c000000170000000400000001000004a0000000080003029771a3a800000004a0000000080003029848374c00000000190000000d4575726f70652f4c6f6e646f6e0000443000000006626f6f6b6564000042c0000000096d656e746f72696e67000000140000000800000000000003f0000000190000000d4d6f736573204578616d706c65000000140000000800000000000003f3000000190000000c5a6fc3ab204578616d706c6500000019ffffffff0000001400000008000000000000040a0000001400000008000000000000040c00000017000000040000003c000000100000000100000000fa000000100000001400000008000000000000040d000000170000000400000001000004a0000000080003032442874800000004a00000000800030325191aec00000000190000000d4575726f70652f4c6f6e646f6e0000443000000006626f6f6b6564000042c0000000096d656e746f72696e67000000140000000800000000000003f0000000190000000d4d6f736573204578616d706c65000000140000000800000000000003f3000000190000000c5a6fc3ab204578616d706c6500000019ffffffff0000001400000008000000000000040a0000001400000008000000000000040c00000017000000040000003c000000100000000100000000fa000000100000001400000008000000000000040e000000170000000400000001000004a000000008000303b1136ae800000004a000000008000303b1e9fe8c00000000190000000d4575726f70652f4c6f6e646f6e0000443000000006626f6f6b6564000042c0000000096d656e746f72696e67000000140000000800000000000003f0000000190000000d4d6f736573204578616d706c65000000140000000800000000000003f3000000190000000c5a6fc3ab204578616d706c6500000019ffffffff0000001400000008000000000000040a0000001400000008000000000000040c00000017000000040000003c000000100000000100000000fa000000100000001400000008000000000000040f000000170000000400000001000004a0000000080003043de44e8800000004a0000000080003043ebae22c00000000190000000d4575726f70652f4c6f6e646f6e0000443000000006626f6f6b6564000042c0000000096d656e746f72696e67000000140000000800000000000003f0000000190000000d4d6f736573204578616d706c65000000140000000800000000000003f3000000190000000c5a6fc3ab204578616d706c6500000019ffffffff0000001400000008000000000000040a0000001400000008000000000000040c00000017000000040000003c000000100000000100000000fa0000001000000014000000080000000000000410000000170000000400000001000004a000000008000304cab5322800000004a000000008000304cb8bc5cc00000000190000000d4575726f70652f4c6f6e646f6e0000443000000006626f6f6b6564000042c0000000096d656e746f72696e67000000140000000800000000000003f0000000190000000d4d6f736573204578616d706c65000000140000000800000000000003f3000000190000000c5a6fc3ab204578616d706c6500000019ffffffff0000001400000008000000000000040a0000001400000008000000000000040c00000017000000040000003c000000100000000100000000fa0000001000000014000000080000000000000411000000170000000400000001000004a000000008000305578615c800000004a000000008000305585ca96c00000000190000000d4575726f70652f4c6f6e646f6e0000443000000006626f6f6b6564000042c0000000096d656e746f72696e67000000140000000800000000000003f0000000190000000d4d6f736573204578616d706c65000000140000000800000000000003f3000000190000000c5a6fc3ab204578616d706c6500000019ffffffff0000001400000008000000000000040a0000001400000008000000000000040c00000017000000040000003c0000001000000001000000456cffffffff0000001400000008000000000000040c
\\xaf2ec4b88211c4b0148df5415d303d4c8e09cb1290c76caa8ac652f18528050c	\\xaf81b57a7e2188fc13add663a63288e9	\\xd658c0f730be993b7fd790adb276a22bb677e9c892b4d09faa6750fe4f87d6a0	coachhouse.v1.Booking/BookSession	1014	2026-11-02 08:00:00.454839+00	1044	\\x0000000300004560000001080000000100000000000045610000000100000001000000f00000001000000014000000080000000000000414000000170000000400000001000004a000000008000302d725785800000004a000000008000302d7fc0bfc00000000190000000d4575726f70652f4c6f6e646f6e0000443000000006626f6f6b6564000042c000000008636f616368696e67000000140000000800000000000003ed000000190000000d4b6172656e204578616d706c65000000140000000800000000000003f6000000190000000b4d6178204578616d706c6500000019ffffffff0000001400000008000000000000041200000014ffffffff00000017000000040000003c0000001000000001000000456cffffffff00000014000000080000000000000414
\\xaf2ec4b88211c4b0148df5415d303d4c8e09cb1290c76caa8ac652f18528050c	\\x414109712a2e2f06dc888372839433f4	\\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855	coachhouse.v1.Engagements/SubmitRequest	1014	2026-11-02 08:00:00.473054+00	1045	\\x0000000300000014000000080000000000000415000043cb000000097375626d6974746564000000100000000100
\\x0ffaf598830a95070ebb1c320aec9914b2481d9153cc003d59a4626462aafa06	\\xa628dbf66d72178fe059b2601dddd358	\\x9b97234486200aafc192e020be7923d4808d9f89dbd66878bedfcd7c0d152083	coachhouse.v1.Conversations/LogConversation	1005	2026-11-12 08:00:00.133683+00	1046	\\x0000000500000014000000080000000000000416000000140000000800000000000004090000443000000008617474656e646564000042c6000000026d65000003f8ffffffff
\\xb9d55f3a34459147fc1f9675ed1d39c46427efb2db31e9119052e9ddc7019354	\\x123dca6649a935144aa796c5be5e8d55	\\x732d3658c5f66369e65254532c3cc02e184bbc1cbf395a7948e4541e1b6969ac	coachhouse.v1.Conversations/LogConversation	1011	2026-11-12 08:00:00.171263+00	1047	\\x00000005000000140000000800000000000004170000001400000008000000000000040c0000443000000008617474656e646564000042c6000000027573000003f8000000200000000100000000000000140000000100000001000000080000000000000418
\.


--
-- Data for Name: registration; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.registration (person, version, state, activities, specialisms, languages, pledge_hours, client_limit, weekly_hours, buffer_minutes, notice_hours, self_selection, added, approved) FROM stdin;
1005	3	live	{coaching}	{leadership}	{}	200	\N	\N	0	0	t	2026-11-02 08:00:00.185744+00	2026-11-02 08:00:00.336941+00
1008	3	live	{mentoring}	{leadership}	{}	200	\N	\N	0	0	t	2026-11-02 08:00:00.218059+00	2026-11-02 08:00:00.382712+00
\.


--
-- Data for Name: request; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.request (id, mentee, organisation, activity, coach, state, submitted, offered, offer_expires, matched, first_booked, first_attended, withdrawn, closed, engagement) FROM stdin;
1043	1014	1001	coaching	1005	matched	2026-11-02 08:00:00.454839+00	\N	\N	2026-11-02 08:00:00.454839+00	2026-11-02 08:00:00.454839+00	\N	\N	\N	1042
1045	1014	1001	coaching	\N	submitted	2026-11-02 08:00:00.473054+00	\N	\N	\N	\N	\N	\N	\N	\N
1032	1011	1001	coaching	1005	matched	2026-11-02 08:00:00.393078+00	\N	\N	2026-11-02 08:00:00.393078+00	2026-11-02 08:00:00.393078+00	2026-11-05 10:00:00+00	\N	\N	1031
1035	1011	1001	mentoring	1008	matched	2026-11-02 08:00:00.421654+00	\N	\N	2026-11-02 08:00:00.421654+00	2026-11-02 08:00:00.421654+00	2026-11-06 10:00:00+00	\N	\N	1034
\.


--
-- Data for Name: role_held; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.role_held (person, role, organisation, starts_on, ends_on) FROM stdin;
1002	member	1001	2026-01-01	\N
1002	administrator	1001	2026-01-01	\N
1005	member	1001	2026-11-02	\N
1005	coach	1001	2026-11-02	\N
1008	member	1001	2026-11-02	\N
1008	mentor	1001	2026-11-02	\N
1011	member	1001	2026-11-02	\N
1014	member	1001	2026-11-02	\N
\.


--
-- Data for Name: session; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.session (id, version, engagement, activity, coach, mentee, coach_organisation, mentee_organisation, state, starts, ends, zone, venue, series, minutes, booked, booked_by, closed, closed_by, reason, late, override_reason, disputed, dispute_reason, recorded) FROM stdin;
1037	1	1034	mentoring	1008	1011	1001	1001	booked	2026-11-13 10:00:00+00	2026-11-13 11:00:00+00	Europe/London	\N	1036	60	2026-11-02 08:00:00.421654+00	1011	\N	\N	\N	f	\N	\N	\N	\N
1038	1	1034	mentoring	1008	1011	1001	1001	booked	2026-11-20 10:00:00+00	2026-11-20 11:00:00+00	Europe/London	\N	1036	60	2026-11-02 08:00:00.421654+00	1011	\N	\N	\N	f	\N	\N	\N	\N
1039	1	1034	mentoring	1008	1011	1001	1001	booked	2026-11-27 10:00:00+00	2026-11-27 11:00:00+00	Europe/London	\N	1036	60	2026-11-02 08:00:00.421654+00	1011	\N	\N	\N	f	\N	\N	\N	\N
1040	1	1034	mentoring	1008	1011	1001	1001	booked	2026-12-04 10:00:00+00	2026-12-04 11:00:00+00	Europe/London	\N	1036	60	2026-11-02 08:00:00.421654+00	1011	\N	\N	\N	f	\N	\N	\N	\N
1041	1	1034	mentoring	1008	1011	1001	1001	booked	2026-12-11 10:00:00+00	2026-12-11 11:00:00+00	Europe/London	\N	1036	60	2026-11-02 08:00:00.421654+00	1011	\N	\N	\N	f	\N	\N	\N	\N
1044	1	1042	coaching	1005	1014	1001	1001	booked	2026-11-09 14:00:00+00	2026-11-09 15:00:00+00	Europe/London	\N	\N	60	2026-11-02 08:00:00.454839+00	1014	\N	\N	\N	f	\N	\N	\N	\N
1033	3	1031	coaching	1005	1011	1001	1001	attended	2026-11-05 10:00:00+00	2026-11-05 11:00:00+00	Europe/London	\N	\N	60	2026-11-02 08:00:00.393078+00	1011	2026-11-12 08:00:00.133683+00	1005	\N	f	\N	\N	\N	2026-11-12 08:00:00.133683+00
1036	3	1034	mentoring	1008	1011	1001	1001	attended	2026-11-06 10:00:00+00	2026-11-06 11:00:00+00	Europe/London	\N	1036	60	2026-11-02 08:00:00.421654+00	1011	2026-11-12 08:00:00.171263+00	1011	\N	f	\N	\N	\N	2026-11-12 08:00:00.171263+00
\.


--
-- Data for Name: site; Type: TABLE DATA; Schema: coachhouse; Owner: coachhouse
--

COPY coachhouse.site (one, zone, pledge_year_month, fewest_people, horizon_days, slot_minutes, longest_minutes, offer_days, dispute_days, late_hours, invitation_days, target_days) FROM stdin;
t	Europe/London	4	5	182	30	240	14	7	24	7	42
\.


--
-- Name: id; Type: SEQUENCE SET; Schema: coachhouse; Owner: coachhouse
--

SELECT pg_catalog.setval('coachhouse.id', 1048, true);


--
-- Name: action action_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.action
    ADD CONSTRAINT action_pkey PRIMARY KEY (id);


--
-- Name: away away_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.away
    ADD CONSTRAINT away_pkey PRIMARY KEY (id);


--
-- Name: contact contact_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (person);


--
-- Name: conversation conversation_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (id);


--
-- Name: conversation conversation_session_author_key; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.conversation
    ADD CONSTRAINT conversation_session_author_key UNIQUE (session, author);


--
-- Name: engagement engagement_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.engagement
    ADD CONSTRAINT engagement_pkey PRIMARY KEY (id);


--
-- Name: engine engine_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.engine
    ADD CONSTRAINT engine_pkey PRIMARY KEY (name);


--
-- Name: invitation invitation_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);


--
-- Name: invitation invitation_token_hash_key; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.invitation
    ADD CONSTRAINT invitation_token_hash_key UNIQUE (token_hash);


--
-- Name: key key_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.key
    ADD CONSTRAINT key_pkey PRIMARY KEY (id);


--
-- Name: key key_public_key; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.key
    ADD CONSTRAINT key_public_key UNIQUE (public);


--
-- Name: life_cycle life_cycle_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.life_cycle
    ADD CONSTRAINT life_cycle_pkey PRIMARY KEY (thing, from_state, event);


--
-- Name: manages manages_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.manages
    ADD CONSTRAINT manages_pkey PRIMARY KEY (manager, member, starts_on);


--
-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);


--
-- Name: participation nobody_in_two_places; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.participation
    ADD CONSTRAINT nobody_in_two_places EXCLUDE USING gist (person WITH =, during WITH &&) WHERE (live);


--
-- Name: note note_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.note
    ADD CONSTRAINT note_pkey PRIMARY KEY (conversation);


--
-- Name: offer_answer offer_answer_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.offer_answer
    ADD CONSTRAINT offer_answer_pkey PRIMARY KEY (request, coach, offered);


--
-- Name: opening opening_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.opening
    ADD CONSTRAINT opening_pkey PRIMARY KEY (id);


--
-- Name: organisation organisation_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.organisation
    ADD CONSTRAINT organisation_pkey PRIMARY KEY (id);


--
-- Name: participation participation_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.participation
    ADD CONSTRAINT participation_pkey PRIMARY KEY (session, person);


--
-- Name: pattern pattern_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.pattern
    ADD CONSTRAINT pattern_pkey PRIMARY KEY (id);


--
-- Name: person person_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (id);


--
-- Name: receipt receipt_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (caller, call);


--
-- Name: registration registration_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.registration
    ADD CONSTRAINT registration_pkey PRIMARY KEY (person);


--
-- Name: request request_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (id);


--
-- Name: role_held role_held_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.role_held
    ADD CONSTRAINT role_held_pkey PRIMARY KEY (person, role, organisation, starts_on);


--
-- Name: session session_id_starts_ends_live_key; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.session
    ADD CONSTRAINT session_id_starts_ends_live_key UNIQUE (id, starts, ends, live);


--
-- Name: session session_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);


--
-- Name: site site_pkey; Type: CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.site
    ADD CONSTRAINT site_pkey PRIMARY KEY (one);


--
-- Name: action_binding; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE UNIQUE INDEX action_binding ON coachhouse.action USING btree (((action_text).binding));


--
-- Name: action_conversation; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX action_conversation ON coachhouse.action USING btree (conversation);


--
-- Name: action_other; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX action_other ON coachhouse.action USING btree (other);


--
-- Name: action_owner; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX action_owner ON coachhouse.action USING btree (owner, due) WHERE (state = 'open'::coachhouse.action_state);


--
-- Name: away_coach; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX away_coach ON coachhouse.away USING btree (coach, ends) WHERE (cancelled IS NULL);


--
-- Name: contact_email; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE UNIQUE INDEX contact_email ON coachhouse.contact USING btree (lower(email));


--
-- Name: conversation_coach; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX conversation_coach ON coachhouse.conversation USING btree (coach);


--
-- Name: conversation_mentee; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX conversation_mentee ON coachhouse.conversation USING btree (mentee);


--
-- Name: engagement_coach; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX engagement_coach ON coachhouse.engagement USING btree (coach, state);


--
-- Name: engagement_mentee; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX engagement_mentee ON coachhouse.engagement USING btree (mentee, state);


--
-- Name: engagement_open; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE UNIQUE INDEX engagement_open ON coachhouse.engagement USING btree (coach, mentee, activity) WHERE (state = ANY (ARRAY['proposed'::coachhouse.engagement_state, 'active'::coachhouse.engagement_state, 'paused'::coachhouse.engagement_state]));


--
-- Name: key_person; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX key_person ON coachhouse.key USING btree (person);


--
-- Name: note_binding; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE UNIQUE INDEX note_binding ON coachhouse.note USING btree (((note).binding));


--
-- Name: opening_coach; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX opening_coach ON coachhouse.opening USING btree (coach, starts);


--
-- Name: organisation_name; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE UNIQUE INDEX organisation_name ON coachhouse.organisation USING btree (lower(name));


--
-- Name: participation_person; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX participation_person ON coachhouse.participation USING btree (person, starts, session) INCLUDE (ends, live);


--
-- Name: pattern_coach; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX pattern_coach ON coachhouse.pattern USING btree (coach);


--
-- Name: person_name; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX person_name ON coachhouse.person USING btree (id) INCLUDE (name);


--
-- Name: person_organisation; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX person_organisation ON coachhouse.person USING btree (organisation);


--
-- Name: receipt_kept; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX receipt_kept ON coachhouse.receipt USING btree (at) WHERE (reply IS NOT NULL);


--
-- Name: request_coach; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX request_coach ON coachhouse.request USING btree (coach) WHERE (state = 'offered'::coachhouse.request_state);


--
-- Name: request_engagement; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX request_engagement ON coachhouse.request USING btree (engagement);


--
-- Name: request_mentee; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX request_mentee ON coachhouse.request USING btree (mentee);


--
-- Name: request_open; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE UNIQUE INDEX request_open ON coachhouse.request USING btree (mentee, activity) WHERE (state = ANY (ARRAY['submitted'::coachhouse.request_state, 'offered'::coachhouse.request_state]));


--
-- Name: request_submitted; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX request_submitted ON coachhouse.request USING btree (submitted);


--
-- Name: session_coach; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX session_coach ON coachhouse.session USING btree (coach, starts);


--
-- Name: session_engagement; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX session_engagement ON coachhouse.session USING btree (engagement);


--
-- Name: session_mentee; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX session_mentee ON coachhouse.session USING btree (mentee, starts);


--
-- Name: session_not_closed; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX session_not_closed ON coachhouse.session USING btree (ends) WHERE (state = 'booked'::coachhouse.session_state);


--
-- Name: session_starts; Type: INDEX; Schema: coachhouse; Owner: coachhouse
--

CREATE INDEX session_starts ON coachhouse.session USING btree (starts);


--
-- Name: key keys_changed; Type: TRIGGER; Schema: coachhouse; Owner: coachhouse
--

CREATE TRIGGER keys_changed AFTER INSERT OR DELETE OR UPDATE ON coachhouse.key FOR EACH STATEMENT EXECUTE FUNCTION coachhouse.keys_changed();


--
-- Name: role_held keys_changed; Type: TRIGGER; Schema: coachhouse; Owner: coachhouse
--

CREATE TRIGGER keys_changed AFTER INSERT OR DELETE OR UPDATE ON coachhouse.role_held FOR EACH STATEMENT EXECUTE FUNCTION coachhouse.keys_changed();


--
-- Name: action life_cycle; Type: TRIGGER; Schema: coachhouse; Owner: coachhouse
--

CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON coachhouse.action FOR EACH ROW EXECUTE FUNCTION coachhouse.follow_life_cycle('action');


--
-- Name: engagement life_cycle; Type: TRIGGER; Schema: coachhouse; Owner: coachhouse
--

CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON coachhouse.engagement FOR EACH ROW EXECUTE FUNCTION coachhouse.follow_life_cycle('engagement');


--
-- Name: registration life_cycle; Type: TRIGGER; Schema: coachhouse; Owner: coachhouse
--

CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON coachhouse.registration FOR EACH ROW EXECUTE FUNCTION coachhouse.follow_life_cycle('registration');


--
-- Name: request life_cycle; Type: TRIGGER; Schema: coachhouse; Owner: coachhouse
--

CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON coachhouse.request FOR EACH ROW EXECUTE FUNCTION coachhouse.follow_life_cycle('request');


--
-- Name: session life_cycle; Type: TRIGGER; Schema: coachhouse; Owner: coachhouse
--

CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON coachhouse.session FOR EACH ROW EXECUTE FUNCTION coachhouse.follow_life_cycle('session');


--
-- Name: action action_author_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.action
    ADD CONSTRAINT action_author_fkey FOREIGN KEY (author) REFERENCES coachhouse.person(id);


--
-- Name: action action_conversation_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.action
    ADD CONSTRAINT action_conversation_fkey FOREIGN KEY (conversation) REFERENCES coachhouse.conversation(id);


--
-- Name: action action_engagement_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.action
    ADD CONSTRAINT action_engagement_fkey FOREIGN KEY (engagement) REFERENCES coachhouse.engagement(id);


--
-- Name: action action_other_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.action
    ADD CONSTRAINT action_other_fkey FOREIGN KEY (other) REFERENCES coachhouse.person(id);


--
-- Name: action action_owner_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.action
    ADD CONSTRAINT action_owner_fkey FOREIGN KEY (owner) REFERENCES coachhouse.person(id);


--
-- Name: away away_coach_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.away
    ADD CONSTRAINT away_coach_fkey FOREIGN KEY (coach) REFERENCES coachhouse.registration(person);


--
-- Name: contact contact_person_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.contact
    ADD CONSTRAINT contact_person_fkey FOREIGN KEY (person) REFERENCES coachhouse.person(id);


--
-- Name: conversation conversation_author_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.conversation
    ADD CONSTRAINT conversation_author_fkey FOREIGN KEY (author) REFERENCES coachhouse.person(id);


--
-- Name: conversation conversation_coach_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.conversation
    ADD CONSTRAINT conversation_coach_fkey FOREIGN KEY (coach) REFERENCES coachhouse.person(id);


--
-- Name: conversation conversation_mentee_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.conversation
    ADD CONSTRAINT conversation_mentee_fkey FOREIGN KEY (mentee) REFERENCES coachhouse.person(id);


--
-- Name: conversation conversation_session_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.conversation
    ADD CONSTRAINT conversation_session_fkey FOREIGN KEY (session) REFERENCES coachhouse.session(id);


--
-- Name: engagement engagement_coach_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.engagement
    ADD CONSTRAINT engagement_coach_fkey FOREIGN KEY (coach) REFERENCES coachhouse.person(id);


--
-- Name: engagement engagement_mentee_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.engagement
    ADD CONSTRAINT engagement_mentee_fkey FOREIGN KEY (mentee) REFERENCES coachhouse.person(id);


--
-- Name: invitation invitation_person_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.invitation
    ADD CONSTRAINT invitation_person_fkey FOREIGN KEY (person) REFERENCES coachhouse.person(id);


--
-- Name: key key_person_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.key
    ADD CONSTRAINT key_person_fkey FOREIGN KEY (person) REFERENCES coachhouse.person(id);


--
-- Name: manages manages_manager_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.manages
    ADD CONSTRAINT manages_manager_fkey FOREIGN KEY (manager) REFERENCES coachhouse.person(id);


--
-- Name: manages manages_member_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.manages
    ADD CONSTRAINT manages_member_fkey FOREIGN KEY (member) REFERENCES coachhouse.person(id);


--
-- Name: note note_author_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.note
    ADD CONSTRAINT note_author_fkey FOREIGN KEY (author) REFERENCES coachhouse.person(id);


--
-- Name: note note_conversation_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.note
    ADD CONSTRAINT note_conversation_fkey FOREIGN KEY (conversation) REFERENCES coachhouse.conversation(id);


--
-- Name: note note_other_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.note
    ADD CONSTRAINT note_other_fkey FOREIGN KEY (other) REFERENCES coachhouse.person(id);


--
-- Name: offer_answer offer_answer_coach_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.offer_answer
    ADD CONSTRAINT offer_answer_coach_fkey FOREIGN KEY (coach) REFERENCES coachhouse.person(id);


--
-- Name: offer_answer offer_answer_request_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.offer_answer
    ADD CONSTRAINT offer_answer_request_fkey FOREIGN KEY (request) REFERENCES coachhouse.request(id);


--
-- Name: opening opening_coach_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.opening
    ADD CONSTRAINT opening_coach_fkey FOREIGN KEY (coach) REFERENCES coachhouse.registration(person);


--
-- Name: participation participation_person_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.participation
    ADD CONSTRAINT participation_person_fkey FOREIGN KEY (person) REFERENCES coachhouse.person(id);


--
-- Name: participation participation_session_starts_ends_live_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.participation
    ADD CONSTRAINT participation_session_starts_ends_live_fkey FOREIGN KEY (session, starts, ends, live) REFERENCES coachhouse.session(id, starts, ends, live) ON UPDATE CASCADE;


--
-- Name: pattern pattern_coach_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.pattern
    ADD CONSTRAINT pattern_coach_fkey FOREIGN KEY (coach) REFERENCES coachhouse.registration(person);


--
-- Name: person person_organisation_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.person
    ADD CONSTRAINT person_organisation_fkey FOREIGN KEY (organisation) REFERENCES coachhouse.organisation(id);


--
-- Name: registration registration_person_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.registration
    ADD CONSTRAINT registration_person_fkey FOREIGN KEY (person) REFERENCES coachhouse.person(id);


--
-- Name: request request_coach_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.request
    ADD CONSTRAINT request_coach_fkey FOREIGN KEY (coach) REFERENCES coachhouse.person(id);


--
-- Name: request request_engagement_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.request
    ADD CONSTRAINT request_engagement_fkey FOREIGN KEY (engagement) REFERENCES coachhouse.engagement(id);


--
-- Name: request request_mentee_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.request
    ADD CONSTRAINT request_mentee_fkey FOREIGN KEY (mentee) REFERENCES coachhouse.person(id);


--
-- Name: request request_organisation_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.request
    ADD CONSTRAINT request_organisation_fkey FOREIGN KEY (organisation) REFERENCES coachhouse.organisation(id);


--
-- Name: role_held role_held_organisation_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.role_held
    ADD CONSTRAINT role_held_organisation_fkey FOREIGN KEY (organisation) REFERENCES coachhouse.organisation(id);


--
-- Name: role_held role_held_person_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.role_held
    ADD CONSTRAINT role_held_person_fkey FOREIGN KEY (person) REFERENCES coachhouse.person(id);


--
-- Name: session session_booked_by_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.session
    ADD CONSTRAINT session_booked_by_fkey FOREIGN KEY (booked_by) REFERENCES coachhouse.person(id);


--
-- Name: session session_closed_by_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.session
    ADD CONSTRAINT session_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES coachhouse.person(id);


--
-- Name: session session_coach_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.session
    ADD CONSTRAINT session_coach_fkey FOREIGN KEY (coach) REFERENCES coachhouse.person(id);


--
-- Name: session session_coach_organisation_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.session
    ADD CONSTRAINT session_coach_organisation_fkey FOREIGN KEY (coach_organisation) REFERENCES coachhouse.organisation(id);


--
-- Name: session session_engagement_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.session
    ADD CONSTRAINT session_engagement_fkey FOREIGN KEY (engagement) REFERENCES coachhouse.engagement(id);


--
-- Name: session session_mentee_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.session
    ADD CONSTRAINT session_mentee_fkey FOREIGN KEY (mentee) REFERENCES coachhouse.person(id);


--
-- Name: session session_mentee_organisation_fkey; Type: FK CONSTRAINT; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE ONLY coachhouse.session
    ADD CONSTRAINT session_mentee_organisation_fkey FOREIGN KEY (mentee_organisation) REFERENCES coachhouse.organisation(id);


--
-- Name: action; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.action ENABLE ROW LEVEL SECURITY;

--
-- Name: invitation administrators; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY administrators ON coachhouse.invitation USING (( SELECT coachhouse.administers() AS administers));


--
-- Name: away; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.away ENABLE ROW LEVEL SECURITY;

--
-- Name: contact; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.contact ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.conversation ENABLE ROW LEVEL SECURITY;

--
-- Name: engagement; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.engagement ENABLE ROW LEVEL SECURITY;

--
-- Name: organisation everyone; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY everyone ON coachhouse.organisation USING ((( SELECT coachhouse.me() AS me) IS NOT NULL)) WITH CHECK (( SELECT coachhouse.administers() AS administers));


--
-- Name: person everyone; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY everyone ON coachhouse.person USING ((( SELECT coachhouse.me() AS me) IS NOT NULL)) WITH CHECK (( SELECT coachhouse.administers() AS administers));


--
-- Name: registration everyone; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY everyone ON coachhouse.registration FOR SELECT USING ((( SELECT coachhouse.me() AS me) IS NOT NULL));


--
-- Name: invitation; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.invitation ENABLE ROW LEVEL SECURITY;

--
-- Name: key; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.key ENABLE ROW LEVEL SECURITY;

--
-- Name: manages; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.manages ENABLE ROW LEVEL SECURITY;

--
-- Name: note; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.note ENABLE ROW LEVEL SECURITY;

--
-- Name: offer_answer; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.offer_answer ENABLE ROW LEVEL SECURITY;

--
-- Name: opening; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.opening ENABLE ROW LEVEL SECURITY;

--
-- Name: organisation; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.organisation ENABLE ROW LEVEL SECURITY;

--
-- Name: away own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.away USING (((coach = ( SELECT coachhouse.me() AS me)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: contact own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.contact USING (((person = ( SELECT coachhouse.me() AS me)) OR ( SELECT coachhouse.administers() AS administers))) WITH CHECK (( SELECT coachhouse.administers() AS administers));


--
-- Name: key own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.key USING (((person = ( SELECT coachhouse.me() AS me)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: manages own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.manages USING ((((( SELECT coachhouse.me() AS me) = manager) OR (( SELECT coachhouse.me() AS me) = member)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: offer_answer own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.offer_answer USING (((coach = ( SELECT coachhouse.me() AS me)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: opening own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.opening USING (((coach = ( SELECT coachhouse.me() AS me)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: pattern own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.pattern USING (((coach = ( SELECT coachhouse.me() AS me)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: person own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.person FOR UPDATE USING ((id = ( SELECT coachhouse.me() AS me)));


--
-- Name: registration own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.registration USING (((person = ( SELECT coachhouse.me() AS me)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: role_held own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY own ON coachhouse.role_held USING (((person = ( SELECT coachhouse.me() AS me)) OR ( SELECT coachhouse.administers() AS administers))) WITH CHECK (( SELECT coachhouse.administers() AS administers));


--
-- Name: participation; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.participation ENABLE ROW LEVEL SECURITY;

--
-- Name: action parties; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY parties ON coachhouse.action USING (((( SELECT coachhouse.me() AS me) = owner) OR (( SELECT coachhouse.me() AS me) = other))) WITH CHECK (((( SELECT coachhouse.me() AS me) = owner) OR (( SELECT coachhouse.me() AS me) = other)));


--
-- Name: conversation parties; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY parties ON coachhouse.conversation USING ((((( SELECT coachhouse.me() AS me) = coach) OR (( SELECT coachhouse.me() AS me) = mentee)) OR ( SELECT coachhouse.administers() AS administers))) WITH CHECK ((author = ( SELECT coachhouse.me() AS me)));


--
-- Name: engagement parties; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY parties ON coachhouse.engagement USING ((((( SELECT coachhouse.me() AS me) = coach) OR (( SELECT coachhouse.me() AS me) = mentee)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: request parties; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY parties ON coachhouse.request USING ((((( SELECT coachhouse.me() AS me) = mentee) OR (( SELECT coachhouse.me() AS me) = coach)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: session parties; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY parties ON coachhouse.session USING ((((( SELECT coachhouse.me() AS me) = coach) OR (( SELECT coachhouse.me() AS me) = mentee)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: pattern; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.pattern ENABLE ROW LEVEL SECURITY;

--
-- Name: person; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.person ENABLE ROW LEVEL SECURITY;

--
-- Name: note readers; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY readers ON coachhouse.note USING (((author = ( SELECT coachhouse.me() AS me)) OR ((visible = 'us'::coachhouse.visibility) AND (other = ( SELECT coachhouse.me() AS me))))) WITH CHECK ((author = ( SELECT coachhouse.me() AS me)));


--
-- Name: participation readers; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY readers ON coachhouse.participation USING (((( SELECT coachhouse.me() AS me) = ANY (readers)) OR ( SELECT coachhouse.administers() AS administers)));


--
-- Name: receipt; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.receipt ENABLE ROW LEVEL SECURITY;

--
-- Name: registration; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.registration ENABLE ROW LEVEL SECURITY;

--
-- Name: request; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.request ENABLE ROW LEVEL SECURITY;

--
-- Name: role_held; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.role_held ENABLE ROW LEVEL SECURITY;

--
-- Name: session; Type: ROW SECURITY; Schema: coachhouse; Owner: coachhouse
--

ALTER TABLE coachhouse.session ENABLE ROW LEVEL SECURITY;

--
-- Name: receipt write_own; Type: POLICY; Schema: coachhouse; Owner: coachhouse
--

CREATE POLICY write_own ON coachhouse.receipt FOR INSERT WITH CHECK ((NOT (person IS DISTINCT FROM ( SELECT coachhouse.me() AS me))));


--
-- Name: SCHEMA coachhouse; Type: ACL; Schema: -; Owner: coachhouse
--

GRANT USAGE ON SCHEMA coachhouse TO coachhouse_server;


--
-- Name: SEQUENCE id; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT USAGE ON SEQUENCE coachhouse.id TO coachhouse_server;


--
-- Name: TABLE session; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.version; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(version) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.state; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(state) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.starts; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(starts) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.ends; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(ends) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.zone; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(zone) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.venue; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(venue) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.minutes; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(minutes) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.closed; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(closed) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.closed_by; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(closed_by) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.reason; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(reason) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.late; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(late) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.override_reason; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(override_reason) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.disputed; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(disputed) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.dispute_reason; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(dispute_reason) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: COLUMN session.recorded; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(recorded) ON TABLE coachhouse.session TO coachhouse_server;


--
-- Name: TABLE person; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.person TO coachhouse_server;


--
-- Name: COLUMN person.name; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(name) ON TABLE coachhouse.person TO coachhouse_server;


--
-- Name: COLUMN person.organisation; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(organisation) ON TABLE coachhouse.person TO coachhouse_server;


--
-- Name: COLUMN person.zone; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(zone) ON TABLE coachhouse.person TO coachhouse_server;


--
-- Name: COLUMN person.left_on; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(left_on) ON TABLE coachhouse.person TO coachhouse_server;


--
-- Name: TABLE engagement; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.engagement TO coachhouse_server;


--
-- Name: COLUMN engagement.version; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(version) ON TABLE coachhouse.engagement TO coachhouse_server;


--
-- Name: COLUMN engagement.state; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(state) ON TABLE coachhouse.engagement TO coachhouse_server;


--
-- Name: COLUMN engagement.sessions_agreed; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(sessions_agreed) ON TABLE coachhouse.engagement TO coachhouse_server;


--
-- Name: COLUMN engagement.until; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(until) ON TABLE coachhouse.engagement TO coachhouse_server;


--
-- Name: COLUMN engagement.started; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(started) ON TABLE coachhouse.engagement TO coachhouse_server;


--
-- Name: COLUMN engagement.ended; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(ended) ON TABLE coachhouse.engagement TO coachhouse_server;


--
-- Name: COLUMN engagement.end_reason; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(end_reason) ON TABLE coachhouse.engagement TO coachhouse_server;


--
-- Name: TABLE request; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.coach; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(coach) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.state; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(state) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.offered; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(offered) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.offer_expires; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(offer_expires) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.matched; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(matched) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.first_booked; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(first_booked) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.first_attended; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(first_attended) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.withdrawn; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(withdrawn) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.closed; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(closed) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: COLUMN request.engagement; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(engagement) ON TABLE coachhouse.request TO coachhouse_server;


--
-- Name: TABLE receipt; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT INSERT ON TABLE coachhouse.receipt TO coachhouse_server;


--
-- Name: TABLE action; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.action TO coachhouse_server;


--
-- Name: COLUMN action.due; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(due) ON TABLE coachhouse.action TO coachhouse_server;


--
-- Name: COLUMN action.state; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(state) ON TABLE coachhouse.action TO coachhouse_server;


--
-- Name: COLUMN action.changed; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(changed) ON TABLE coachhouse.action TO coachhouse_server;


--
-- Name: TABLE away; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.away TO coachhouse_server;


--
-- Name: COLUMN away.cancelled; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(cancelled) ON TABLE coachhouse.away TO coachhouse_server;


--
-- Name: TABLE contact; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.contact TO coachhouse_server;


--
-- Name: TABLE conversation; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.conversation TO coachhouse_server;


--
-- Name: TABLE invitation; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.invitation TO coachhouse_server;


--
-- Name: COLUMN invitation.expires; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(expires) ON TABLE coachhouse.invitation TO coachhouse_server;


--
-- Name: TABLE key; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT ON TABLE coachhouse.key TO coachhouse_server;


--
-- Name: COLUMN key.revoked; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(revoked) ON TABLE coachhouse.key TO coachhouse_server;


--
-- Name: TABLE life_cycle; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT ON TABLE coachhouse.life_cycle TO coachhouse_server;


--
-- Name: TABLE manages; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT ON TABLE coachhouse.manages TO coachhouse_server;


--
-- Name: TABLE note; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.note TO coachhouse_server;


--
-- Name: TABLE offer_answer; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.offer_answer TO coachhouse_server;


--
-- Name: TABLE opening; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT,DELETE ON TABLE coachhouse.opening TO coachhouse_server;


--
-- Name: TABLE organisation; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.organisation TO coachhouse_server;


--
-- Name: COLUMN organisation.sector; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(sector) ON TABLE coachhouse.organisation TO coachhouse_server;


--
-- Name: COLUMN organisation.locality; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(locality) ON TABLE coachhouse.organisation TO coachhouse_server;


--
-- Name: COLUMN organisation.ends_on; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(ends_on) ON TABLE coachhouse.organisation TO coachhouse_server;


--
-- Name: TABLE participation; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT,DELETE ON TABLE coachhouse.participation TO coachhouse_server;


--
-- Name: TABLE pattern; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT,DELETE ON TABLE coachhouse.pattern TO coachhouse_server;


--
-- Name: COLUMN pattern.valid_to; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(valid_to) ON TABLE coachhouse.pattern TO coachhouse_server;


--
-- Name: TABLE registration; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.version; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(version) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.state; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(state) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.activities; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(activities) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.specialisms; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(specialisms) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.languages; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(languages) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.pledge_hours; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(pledge_hours) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.client_limit; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(client_limit) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.weekly_hours; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(weekly_hours) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.buffer_minutes; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(buffer_minutes) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.notice_hours; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(notice_hours) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.self_selection; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(self_selection) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: COLUMN registration.approved; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(approved) ON TABLE coachhouse.registration TO coachhouse_server;


--
-- Name: TABLE role_held; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT,INSERT ON TABLE coachhouse.role_held TO coachhouse_server;


--
-- Name: COLUMN role_held.ends_on; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT UPDATE(ends_on) ON TABLE coachhouse.role_held TO coachhouse_server;


--
-- Name: TABLE site; Type: ACL; Schema: coachhouse; Owner: coachhouse
--

GRANT SELECT ON TABLE coachhouse.site TO coachhouse_server;


--
-- PostgreSQL database dump complete
--

\unrestrict wb7SWTKVd3oxd9UYPwAEox5PDmPAAjhtzlj6DYf1xKzoG4b1ndJ56q2YSowicAb

