-- Fills a new place with history and a future, for measuring; everybody in it is
-- invented. Run by the owner of the cluster in the database coachhouse:
--   PGOPTIONS='-c bench.sessions=1000000' psql -f fill.sql
-- The last two years and what is to come are the same whatever the number; more
-- sessions are more years and more in each of them, of the same coaches and of as
-- many who have left since. Half of the coaches give less than 30 hours a year, a
-- tenth a third of all; engagements have 4 to 6 sessions within half a year (a
-- term). One row of bench.term and coach says how many engagements begin; day and
-- hour follow from their numbers, so that nobody is in two places.
-- Each person's key is SHA-256 of "key" and their id; nobody holds its other half.
SET timezone = 'UTC';
SET synchronous_commit = off;
SET session_replication_role = replica;  -- no triggers, no foreign keys
SET maintenance_work_mem = '1GB';
SET work_mem = '256MB';
SET allow_system_table_mods = on;
SET client_min_messages = warning;
CREATE SCHEMA bench;
SET search_path = bench, coachhouse, pg_catalog;

CREATE TABLE fill AS
  SELECT n AS sessions, least(1000, greatest(200, n / 100))::int AS coaches,
    least(60000, greatest(2000, n * 6 / 100))::int AS mentees,
    date_trunc('week', clock() AT TIME ZONE 'Europe/London')::date AS monday, clock() AS at,
    1100000 AS first_coach, 1200000 AS first_mentee, 300000000 AS mark  -- ids from here on came later
  FROM (SELECT current_setting('bench.sessions')::bigint) s (n);

-- A number that is always the same for a key.
CREATE FUNCTION pick(key bigint) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT hashint8(key) & 1073741823 $$;

-- Indexes are built at the end, and without looking for overlaps again.
CREATE TABLE put_off AS
  SELECT indexrelid, indisexclusion FROM pg_index
  WHERE indrelid = ANY ('{session,participation,receipt,conversation,note,action,engagement,request,key,person,contact,role_held}'::regclass[]);
UPDATE pg_index SET indisready = false, indisvalid = false, indisexclusion = false
  WHERE indexrelid IN (SELECT indexrelid FROM put_off);

-- 1. Organisations and people ------------------------------------------------

CREATE TABLE coach AS
  SELECT c, first_coach + c AS id, c < coaches AS live, 1000001 + c % 12 AS organisation,
    CASE WHEN c % 10 < 5 THEN 1 + c / 10 % 2 WHEN c % 10 < 9 THEN 4 + c / 10 % 4 ELSE 13 + c / 10 % 6 END AS weight
  FROM fill, generate_series(0, 2 * coaches - 1) c;

INSERT INTO organisation (id, name, sector, locality, added)
  SELECT 1000001 + o, 'Partner ' || chr(65 + o), (enum_range(NULL::sector))[1 + o % 5], 'Locality ' || o % 4, '2006-01-01'
  FROM generate_series(0, 11) o;
INSERT INTO person (id, name, organisation, zone, left_on, added)
  SELECT id, 'Coach Number ' || c, organisation, 'Europe/London', CASE WHEN NOT live THEN monday - 104 * 7 END, timestamptz '2006-01-01' FROM coach, fill
  UNION ALL SELECT first_mentee + m, 'Mentee Number ' || m, 1000001 + m % 12, 'Europe/London', NULL, '2006-01-01'
  FROM fill, generate_series(0, mentees - 1) m;
INSERT INTO contact SELECT id, 'p' || id || '@example.org' FROM person p WHERE id >= 1100000;
INSERT INTO role_held (person, role, organisation, starts_on, ends_on)
  SELECT id, CASE WHEN id < first_mentee THEN 'coach' ELSE 'member' END::role, organisation, '2006-01-01', left_on
  FROM person, fill WHERE id >= first_coach;
INSERT INTO key (id, person, public, label, added)
  SELECT id + 300000, id, sha256(convert_to('key' || id, 'UTF8')), 'a device', '2026-01-01' FROM person WHERE id >= 1100000;
INSERT INTO key_use SELECT id, person, clock() - make_interval(hours => pick(id) % 500) FROM key WHERE id >= 1100000;
INSERT INTO invitation (id, person, token_hash, made, expires, used, used_by)
  SELECT id + 400000, id, sha256(convert_to('token' || id, 'UTF8')), '2026-01-01', '2026-01-08', '2026-01-02', sha256(convert_to('key' || id, 'UTF8'))
  FROM person WHERE id >= 1100000;

-- The last ten of the first half are those whom many ask at once.
INSERT INTO registration (person, state, activities, specialisms, languages, pledge_hours, client_limit, weekly_hours,
    buffer_minutes, notice_hours, added, approved, left_at, left_from)
  SELECT id, CASE WHEN live THEN 'live' ELSE 'left' END::registration_state, '{coaching}',
    ARRAY['specialism ' || to_char(c / 50, 'FM000')], '{English}',
    CASE WHEN asked THEN 2000 WHEN c % 20 <> 3 THEN weight * 12 + 60 END, CASE WHEN c % 3 = 0 AND NOT asked THEN weight + 30 END,
    CASE WHEN c % 2 = 0 AND NOT asked THEN 20 END, CASE WHEN asked THEN 0 ELSE c % 4 * 5 END, 24, '2006-01-01', '2006-01-01',
    CASE WHEN NOT live THEN (monday - 104 * 7)::timestamptz END, CASE WHEN NOT live THEN 'live'::registration_state END
  FROM fill, coach, LATERAL (SELECT c BETWEEN coaches / 2 - 10 AND coaches / 2 - 1) a (asked);
INSERT INTO pattern (id, coach, weekday, opens, closes, zone, valid_from, valid_to)
  SELECT 1800000 + c * 15 + day * 3 + part % 3 - 3, id, day, opens, closes, 'Europe/London', '2006-01-01', CASE WHEN NOT live THEN monday - 104 * 7 END
  FROM fill, coach, generate_series(1, 5) day, LATERAL (
    SELECT * FROM (VALUES (0, true, '09:00'::time, '12:30'::time), (1, true, '13:30', '18:30'), (2, false, '09:00', '12:00'),
      (3, false, '13:30', '15:00'), (4, false, '17:00', '19:00')) v (part, first, opens, closes)
    WHERE first = (c % coaches < coaches / 2) AND (part < 3 OR day % 2 = c % 2 OR first)) hours;
INSERT INTO opening (id, coach, starts, ends)
  SELECT 1300000 + c, id, begins, begins + interval '3 hours'
  FROM fill, coach, LATERAL (SELECT (monday + 5 + 7 * (1 + c % 24) + time '10:00') AT TIME ZONE 'Europe/London') t (begins)
  WHERE live AND c % 3 = 0;
-- Two weeks a year behind, and one to come for the second half.
INSERT INTO away (id, coach, starts, ends, reason)
  SELECT 1900000 + c * 21 + n, id, begins, begins + interval '7 days', 'leave'
  FROM fill, coach, generate_series(0, 20) n,
    LATERAL (SELECT (monday + 7 * (CASE WHEN n = 0 THEN 3 + c % 20 ELSE -26 * n - c % 20 END))::timestamp AT TIME ZONE 'Europe/London') t (begins)
  WHERE live AND (n > 0 OR c >= coaches / 2);

-- 2. Engagements, and how they were asked for --------------------------------

-- Term 0 is to come, 1 to 4 are as today's coaches work, 5 to 40 hold the rest.
CREATE TABLE tie AS
  WITH recent AS (SELECT sum(weight) AS w FROM coach WHERE live),
    load AS (
      SELECT term, c.*, least(108, CASE WHEN term < 5 THEN weight
        ELSE floor(weight * greatest(0, (sessions - 20 * w)::float / (360 * w)) + pick(c * 50 + term) % 1000 / 1000.0) END)::int AS n
      FROM fill, recent, generate_series(0, 40) term, coach c WHERE term > 4 OR live
    ), placed AS (SELECT *, sum(n) OVER (PARTITION BY term ORDER BY c) - n AS before FROM load WHERE n > 0)
  SELECT term, e, n, before + e AS place, 2000000 + row_number() OVER (ORDER BY term DESC, before + e) AS id,
    placed.id AS coach, organisation, first_mentee + (before + e + term * 7919) % mentees AS mentee,
    CASE WHEN term = 0 THEN monday + 7 ELSE monday - 26 * 7 * term END AS begins
  FROM fill, placed, generate_series(0, n - 1) e ORDER BY term DESC, before + e;
CREATE INDEX ON tie (term);
ANALYZE tie;
ALTER TABLE fill ADD busiest bigint;
UPDATE fill SET busiest = (SELECT max(place) + 1 FROM tie);

INSERT INTO engagement (id, activity, coach, mentee, state, sessions_agreed, until, proposed, started, ended, end_reason)
  SELECT id, 'coaching', coach, mentee, CASE WHEN term = 0 THEN 'active' WHEN id % 20 = 0 THEN 'ended_early' ELSE 'completed' END::engagement_state,
    4 + id % 3, (begun + interval '26 weeks')::date, begun - interval '30 days', begun - interval '15 days',
    CASE WHEN term > 0 THEN begun + interval '26 weeks' END, CASE WHEN term > 0 AND id % 20 = 0 THEN 'moved away' END
  FROM tie, LATERAL (SELECT begins::timestamptz) t (begun) ORDER BY id;
INSERT INTO request (id, mentee, organisation, activity, coach, state, submitted, offered, matched, first_booked, first_attended, engagement)
  SELECT id + 3000000, mentee, 1000001 + mentee % 12, 'coaching', coach, 'matched', begun - make_interval(days => 30 + pick(id) % 40),
    begun - interval '30 days', begun - interval '15 days', begun - interval '5 days', CASE WHEN term > 0 THEN begun + interval '10 days' END, id
  FROM tie, LATERAL (SELECT begins::timestamptz) t (begun) ORDER BY id;
-- Those who wait, and a few whom a coach has yet to answer.
INSERT INTO request (id, mentee, organisation, activity, coach, state, submitted, offered, offer_expires)
  SELECT 1310000 + m, first_mentee + mentees - 1 - m, 1000001, 'coaching', CASE WHEN m % 2 = 0 THEN first_coach + m * 3 % coaches END,
    CASE WHEN m % 2 = 0 THEN 'offered' ELSE 'submitted' END::request_state, clock() - make_interval(days => m % 60 + 5),
    CASE WHEN m % 2 = 0 THEN clock() - interval '3 days' END, CASE WHEN m % 2 = 0 THEN clock() + interval '11 days' END
  FROM fill, generate_series(0, least(499, mentees / 10)) m;

-- 3. Sessions ----------------------------------------------------------------

-- The times of a day: mornings and after lunch most; to come, what leaves the
-- late afternoon free.
CREATE FUNCTION hour_of(term int, slot int, x int) RETURNS time LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ('{09:00,10:30,13:30,13:00,14:30,16:00}'::time[])[CASE
    WHEN term = 0 THEN 1 + x / 64 % 3
    WHEN slot >= 0 THEN ('{1,2,4,5,6}'::int[])[1 + slot]
    ELSE ('{1,1,1,2,2,2,2,4,4,4,5,6}'::int[])[1 + x / 64 % 12] END]
$$;

-- The i-th sessions of a term's engagements. An engagement's sessions are spread
-- over the term, and no two of a coach fall on one hour.
CREATE PROCEDURE fill_sessions(term_ int, i int) LANGUAGE sql AS $$
  WITH made AS (
    INSERT INTO session (id, version, engagement, activity, coach, mentee, coach_organisation, mentee_organisation, state, starts, ends,
        zone, minutes, booked, booked_by, closed, closed_by, reason, late, recorded)
      SELECT s.id, 2, t.id, 'coaching', coach, mentee, organisation, 1000001 + mentee % 12, b.state, b.starts, b.ends, 'Europe/London', b.minutes,
        least(b.starts - make_interval(days => 1 + x % 14), (SELECT at FROM bench.fill) - make_interval(mins => x % 5000)), mentee,
        CASE WHEN b.state <> 'booked' THEN b.ends + interval '1 hour' END, CASE WHEN b.state <> 'booked' THEN coach END,
        CASE WHEN b.state = 'cancelled' THEN 'cannot come' END, b.state = 'cancelled' AND x % 3 = 0,
        CASE WHEN b.state = 'attended' AND x % 4 = 0 THEN b.ends + interval '2 hours' END
      FROM bench.tie t,
        LATERAL (SELECT 10000000 + ((40 - term_) * 6 + i) * (SELECT busiest FROM bench.fill) + place, i * n + e, 6 * n) s (id, k, most),
        LATERAL (SELECT bench.pick(s.id), CASE WHEN most <= 130 THEN k * 130 / most ELSE k * 650 / most / 5 END,
          CASE WHEN most <= 130 THEN -1 ELSE k * 650 / most % 5 END) d (x, day, slot),
        LATERAL (SELECT (begins + day / 5 * 7 + day % 5 + bench.hour_of(term_, slot, x)) AT TIME ZONE 'Europe/London',
          CASE WHEN x % 10 < 7 THEN 60 ELSE 90 END, x / 1024 % 100) a (starts, minutes, h),
        LATERAL (SELECT a.starts, a.starts + make_interval(mins => a.minutes), a.minutes, CASE WHEN term_ = 0 THEN 'booked' WHEN h < 88 THEN 'attended'
          WHEN h < 93 THEN 'cancelled' WHEN h < 97 THEN 'mentee_missed' WHEN h < 98 THEN 'coach_missed' WHEN term_ = 1 THEN 'booked'
          ELSE 'attended' END::session_state) b (starts, ends, minutes, state)
      WHERE t.term = term_ AND i < 4 + t.id % 3
    RETURNING id, coach, mentee, starts, ends, live
  )
  INSERT INTO participation (session, person, starts, ends, live, settled, readers)
    SELECT id, p, starts, ends, live, ends < clock() - interval '2 days', ARRAY[coach, mentee] FROM made, unnest(ARRAY[coach, mentee]) p;
$$;

DO $$
BEGIN
  FOR term IN REVERSE 40..0 LOOP
    FOR i IN 0..5 LOOP
      CALL fill_sessions(term, i);
    END LOOP;
  END LOOP;
END $$;

-- 4. What was said, in boxes that nothing opens, and what writes left --------

INSERT INTO conversation (id, session, coach, mentee, author, recorded)
  SELECT id + 90000000, id, coach, mentee, CASE WHEN pick(id) % 3 = 0 THEN coach ELSE mentee END, recorded
  FROM session WHERE recorded IS NOT NULL;
INSERT INTO note (conversation, author, other, visible, note)
  SELECT id, author, coach + mentee - author, 'us', ROW('\x01'::bytea || convert_to('00000000', 'UTF8')
    || decode(repeat(md5(id::text), 19), 'hex'), author, 'us', decode(md5('note' || id), 'hex'))::sealed
  FROM conversation WHERE pick(session) % 8 = 0;
INSERT INTO action (id, conversation, engagement, author, owner, other, action_text, due, state, made)
  SELECT c.id + 100000000, c.id, s.engagement, author, s.mentee, s.coach, ROW('\x01'::bytea || convert_to('00000000', 'UTF8')
    || decode(repeat(md5(c.id::text), 19), 'hex'), author, 'us', decode(md5('action' || c.id), 'hex'))::sealed,
    (recorded_at + interval '30 days')::date, CASE WHEN recorded_at < at - interval '60 days' THEN 'done' ELSE 'open' END::action_state, recorded_at
  FROM fill, session s JOIN conversation c ON c.session = s.id, LATERAL (SELECT s.recorded) r (recorded_at) WHERE pick(s.id) % 16 = 0;
-- Replies of the last 30 days are still kept.
INSERT INTO receipt (caller, call, hash, method, person, at, subject, reply)
  SELECT sha256(convert_to('key' || who, 'UTF8')), decode(md5(method || id), 'hex'), CASE WHEN kept THEN sha256(convert_to(id::text, 'UTF8')) END,
    'coachhouse.v1.' || method, who, made, id, CASE WHEN kept THEN decode(repeat(md5(id::text), 14), 'hex') END
  FROM fill, session s, LATERAL (
      SELECT 'Booking/BookSession', booked, mentee
      UNION ALL SELECT 'Conversations/LogConversation', recorded, CASE WHEN pick(id) % 3 = 0 THEN coach ELSE mentee END
        WHERE recorded IS NOT NULL) w (method, made, who),
    LATERAL (SELECT made > fill.at - interval '29 days') k (kept);

-- 5. Indexes; and what the schema keeps of all this --------------------------

SELECT setval('coachhouse.id', mark) FROM fill;
UPDATE pg_index i SET indisready = true FROM put_off p WHERE p.indexrelid = i.indexrelid;
DO $$
DECLARE
  which regclass;
BEGIN
  FOR which IN SELECT indexrelid FROM put_off LOOP
    EXECUTE format('REINDEX INDEX %s', which);
  END LOOP;
END $$;
UPDATE pg_index i SET indisexclusion = p.indisexclusion FROM put_off p WHERE p.indexrelid = i.indexrelid;
DROP TABLE put_off, tie;
SET session_replication_role = DEFAULT;
DO $$
BEGIN
  EXECUTE (SELECT format('SET LOCAL search_path = %I, coachhouse, pg_catalog', nspname)
    FROM pg_namespace WHERE nspname LIKE 'engine\_%' ORDER BY oid DESC LIMIT 1);
  PERFORM store_times();
END $$;
VACUUM (ANALYZE);
