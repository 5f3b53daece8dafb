-- The past, for test_plans: cohorts from plans.first to plans.last, the first one the
-- last in time. Each is a coach and ten mentees over 25 days, a hundred sessions, and
-- something of everything else; and some past for those who ask, too. Ten run at
-- once, so what a month holds is the same however many there are.
SET session_replication_role = replica;  -- neither triggers nor foreign keys

CREATE TEMP TABLE IF NOT EXISTS cohort AS SELECT 0 AS c, clock() AS at, 0::bigint AS base LIMIT 0;
TRUNCATE cohort;
INSERT INTO cohort SELECT c, date_trunc('day', clock()) - (c / 10 + 1) * interval '25 days', c * 1000
  FROM generate_series(current_setting('plans.first')::int, current_setting('plans.last')::int - 1) c;

CREATE TEMP TABLE IF NOT EXISTS asks AS
  SELECT (SELECT id FROM person WHERE name = 'Otto Example') AS otto, (SELECT id FROM person WHERE name = 'Olga Example') AS olga,
    (SELECT id FROM person WHERE name = 'Mara Example') AS mara, (SELECT id FROM person WHERE name = 'Ada Example') AS ada,
    (SELECT min(id) FROM organisation) AS place;

INSERT INTO organisation (id, name, sector, ends_on) SELECT 1000000000 + c, 'Past Trust ' || c, 'nhs', at FROM cohort;
-- Person 0 of a cohort coaches, 11 manages; all have left but those of the present.
INSERT INTO person (id, name, organisation, zone, left_on, added)
  SELECT 1000000000 + base + i, format('Past%s Person%s', base + i, c), 1000000000 + c, 'Europe/London',
    CASE WHEN c >= 10 THEN at + interval '30 days' END, at - interval '60 days' FROM cohort, generate_series(0, 11) i;
INSERT INTO contact (person, email) SELECT 1000000000 + base + i, format('past%s@example.net', base + i) FROM cohort, generate_series(0, 11) i;
INSERT INTO role_held (person, role, organisation, starts_on, ends_on)
  SELECT 1000000000 + base + i, CASE i WHEN 0 THEN 'coach' WHEN 11 THEN 'manager' ELSE 'member' END::role, 1000000000 + c, at - interval '60 days',
    CASE WHEN c >= 10 THEN at + interval '30 days' END FROM cohort, generate_series(0, 11) i;
INSERT INTO manages (manager, member, starts_on, ends_on)
  SELECT 1000000000 + base + 11, 1000000000 + base + i, at - interval '60 days', CASE WHEN c >= 10 THEN at + interval '30 days' END
  FROM cohort, generate_series(1, 3) i;
INSERT INTO registration (person, state, activities, specialisms, pledge_hours, client_limit, notice_hours, added, approved, left_at, left_from)
  SELECT 1000000000 + base, CASE WHEN c < 10 THEN 'live' ELSE 'left' END::registration_state, '{coaching}', '{returners}', 100, 20, 24,
    at - interval '60 days', at - interval '60 days', CASE WHEN c >= 10 THEN at + interval '30 days' END,
    CASE WHEN c >= 10 THEN 'live' END::registration_state FROM cohort;
INSERT INTO pattern (coach, weekday, opens, closes, zone, valid_from, valid_to)
  SELECT 1000000000 + base, d, '09:00', '17:00', 'Europe/London', at - interval '60 days', CASE WHEN c >= 10 THEN at + interval '30 days' END
  FROM cohort, generate_series(1, 5) d;
INSERT INTO opening (coach, starts, ends)
  SELECT coach, at + interval '17 hours', at + interval '18 hours' FROM cohort, asks, unnest(ARRAY[1000000000 + base, olga]) coach;
INSERT INTO away (coach, starts, ends, reason)
  SELECT coach, at + interval '26 days', at + interval '27 days', 'a journey' FROM cohort, asks, unnest(ARRAY[1000000000 + base, olga]) coach;

INSERT INTO invitation (id, person, token_hash, made, expires, used, used_by)
  SELECT 1100000000 + base + i, 1000000000 + base + i, sha256(format('token %s %s', c, i)::bytea), at - interval '60 days', at - interval '53 days',
    at - interval '59 days', sha256(format('key %s %s', c, i)::bytea) FROM cohort, generate_series(0, 11) i;
INSERT INTO key (id, person, public, added, revoked)
  SELECT 1100100000 + base * 100 + i, 1000000000 + base + i, sha256(format('key %s %s', c, i)::bytea), at - interval '59 days',
    CASE WHEN c >= 10 THEN at + interval '30 days' END FROM cohort, generate_series(0, 11) i;
INSERT INTO key_use (key, person, used) SELECT 1100100000 + base * 100 + i, 1000000000 + base + i, at + interval '25 days' FROM cohort, generate_series(0, 11) i;
INSERT INTO key_change (public, made, at)
  SELECT sha256(format('key %s %s', c, i)::bytea), at, '3'::xid8 FROM cohort, generate_series(0, 11) i;

-- Ten engagements of a cohort, and in plans.span cohorts one of those who ask.
CREATE TEMP TABLE IF NOT EXISTS pair AS SELECT c, at, base, 0 AS i, 0::bigint AS engagement, 0::bigint AS coach, 0::bigint AS mentee FROM cohort LIMIT 0;
TRUNCATE pair;
INSERT INTO pair SELECT c, at, base, i, 1200000000 + base + i, 1000000000 + base, 1000000000 + base + i FROM cohort, generate_series(1, 10) i;
INSERT INTO pair SELECT c, at + interval '20 days' - c % 10 * interval '2 days', base, 11, 1200000000 + base - c % current_setting('plans.span')::int * 1000 + 11, olga, otto FROM cohort, asks;
INSERT INTO engagement (id, activity, coach, mentee, state, proposed, started, ended, end_reason)
  SELECT engagement, 'coaching', coach, mentee, CASE WHEN c < 10 AND i < 11 THEN 'active' ELSE 'completed' END::engagement_state, at - interval '1 day', at,
    CASE WHEN c >= 10 OR i = 11 THEN at + interval '30 days' END, CASE WHEN i = 1 THEN 'done' END FROM pair WHERE i < 11 OR c % current_setting('plans.span')::int = 0;
INSERT INTO request (id, mentee, organisation, activity, coach, state, submitted, offered, offer_expires, matched, first_booked, first_attended, engagement)
  SELECT 1300000000 + base + i, mentee, (SELECT place FROM asks), 'coaching', coach, 'matched', at - interval '10 days', at - interval '9 days',
    at + interval '5 days', at - interval '1 day', at, at, engagement FROM pair WHERE i < 11 OR c % current_setting('plans.span')::int = 0;
INSERT INTO offer_answer (request, coach, offered, answered, accepted, reason)
  SELECT 1300000000 + base + i, coach, at - interval '9 days', at - interval '1 day', true, CASE WHEN i = 1 THEN 'gladly' END FROM pair WHERE i < 11 OR c % current_setting('plans.span')::int = 0;

-- Ten sessions of each, of which one was missed, one cancelled, and now and then
-- nobody said what became of it; two of each of the present are to come. The pair that
-- asks has two in a cohort.
CREATE TEMP TABLE IF NOT EXISTS meeting AS SELECT p.*, 0::bigint AS id, 0 AS j, p.at AS starts, 'attended'::session_state AS state FROM pair p LIMIT 0;
TRUNCATE meeting;
INSERT INTO meeting SELECT p.*, 1400000000 + base + i * 10 + j, j,
    CASE WHEN c < 10 AND i < 11 AND j > 7 THEN date_trunc('day', clock()) + j % 4 * interval '2 days' ELSE at END + CASE i WHEN 11 THEN (j * 24 + 23) * interval '1 hour' ELSE j * interval '2 days' + (i + 7) * interval '1 hour' END,
    CASE WHEN c < 10 AND i < 11 AND j > 7 THEN 'booked' WHEN j = 3 AND i % 4 = 0 THEN 'mentee_missed' WHEN j = 4 AND i % 4 = 1 THEN 'cancelled'
      WHEN j = 5 AND i = 2 AND c % 10 = 0 THEN 'booked' ELSE 'attended' END::session_state
  FROM pair p, generate_series(0, 9) j WHERE i < 11 OR j < 2;
INSERT INTO session (id, engagement, activity, coach, mentee, coach_organisation, mentee_organisation, state, starts, ends, zone, venue, minutes,
    booked, booked_by, closed, closed_by, recorded)
  SELECT id, engagement, 'coaching', coach, mentee, place, place, state, starts, starts + interval '1 hour', 'Europe/London',
    CASE WHEN j = 1 THEN 'room 2' END, 60, at, mentee, CASE WHEN state <> 'booked' THEN starts + interval '2 hours' END,
    CASE WHEN state <> 'booked' THEN coach END, CASE WHEN state = 'attended' AND j > 1 THEN starts + interval '2 hours' END
  FROM meeting, asks;
INSERT INTO participation (session, person, starts, ends, live, settled, readers)
  SELECT id, person, starts, starts + interval '1 hour', state IN ('booked', 'attended'), starts < clock() - interval '2 days', ARRAY[coach, mentee]
  FROM meeting, unnest(ARRAY[coach, mentee]) person;

INSERT INTO conversation (id, session, coach, mentee, author, recorded)
  SELECT id + 100000000, id, coach, mentee, coach, starts + interval '2 hours' FROM meeting WHERE state = 'attended' AND (j > 1 OR i = 11);
CREATE OR REPLACE FUNCTION pg_temp.written(what text, author bigint, visible visibility) RETURNS sealed LANGUAGE sql AS $$
  SELECT ROW('\x01'::bytea || 'past    '::bytea || sha256(what::bytea) || sha256(what::bytea), author, visible,
    substring(sha256(what::bytea), 1, 16))::sealed
$$;
INSERT INTO note (conversation, author, other, visible, note)
  SELECT id + 100000000, coach, mentee, 'us', pg_temp.written('note ' || id, coach, 'us') FROM meeting WHERE state = 'attended' AND (j > 1 OR i = 11);
INSERT INTO action (id, conversation, engagement, author, owner, other, action_text, due, state, made)
  SELECT id + 200000000, id + 100000000, engagement, coach, mentee, coach, pg_temp.written('action ' || id, coach, 'us'), starts + interval '7 days',
    CASE WHEN i = 3 THEN 'open' ELSE 'done' END::action_state, starts FROM meeting WHERE state = 'attended' AND (j = 2 OR i = 11);

INSERT INTO performance (id, manager, member, author, member_organisation, starts, ends, state, manager_signed, member_signed)
  SELECT 1700000000 + base + i, CASE i WHEN 4 THEN mara ELSE 1000000000 + base + 11 END, CASE i WHEN 4 THEN otto ELSE 1000000000 + base + i END,
    CASE i WHEN 4 THEN mara ELSE 1000000000 + base + 11 END, place, t.starts, t.starts + interval '1 hour', 'signed', t.starts, t.starts
  FROM cohort, asks, generate_series(1, 4) i, LATERAL (SELECT at + i * interval '1 hour' - c % 10 * interval '1 day') t (starts);
INSERT INTO performance_text (performance, author, other, performance_note)
  SELECT p.id, p.manager, p.member, pg_temp.written('performance ' || p.id, p.manager, 'us')
  FROM cohort, generate_series(1, 4) i, performance p WHERE p.id = 1700000000 + base + i;

-- Replies are kept for 30 days.
INSERT INTO receipt (caller, call, hash, method, person, at, subject, reply)
  SELECT sha256(format('key %s %s', c, i)::bytea), sha256(('call ' || id)::bytea), CASE WHEN recent THEN 'x'::bytea END, 'coachhouse.v1.Booking/BookSession',
    mentee, booked, id, CASE WHEN recent THEN repeat('reply ', 20)::bytea END
  FROM meeting, LATERAL (SELECT starts - interval '5 days', starts > clock() - interval '35 days') b (booked, recent);
INSERT INTO receipt (caller, call, method, person, at, subject)
  SELECT sha256('ada'), sha256(('offer ' || base + i)::bytea), 'coachhouse.v1.Engagements/OfferRequest', ada, at, 1300000000 + base + i FROM pair, asks;
INSERT INTO reading (id, reader, method, at, people) SELECT 1800000000 + base + i, ada, 'ListSessions', at, 2 FROM pair, asks;
INSERT INTO reading_about (person, reading, reader, method, at, people)
  SELECT person, 1800000000 + base + i, ada, 'ListSessions', at, 2 FROM pair, asks, unnest(ARRAY[coach, mentee]) person;

INSERT INTO person_hold (id, person, reason, placed, placed_by, lifted, lifted_by, lift_reason, settled)
  SELECT 1900000000 + base + i, 1000000000 + base + i, 'asked for', at, ada, at + interval '1 day', ada, 'over', at + interval '1 day'
  FROM cohort, asks, generate_series(1, 2) i;
INSERT INTO erasure (person, at, by, reason) SELECT 1000000000 + base + 10, at + interval '30 days', ada, 'asked for' FROM cohort, asks WHERE c >= 10;
INSERT INTO disclosure (id, state, kind, record, starts, author, other, recipient, grounds, reason, requested_by, requested, decided_by, decided, until)
  SELECT 2000000000 + base + i, 'ended', 'pool', 1500000000 + base + 22, at, 1000000000 + base, 1000000000 + base + 2, 1000000000 + base + 11, 'harm',
    'somebody is at risk', ada, at, mara, at, at + interval '7 days' FROM cohort, asks, generate_series(1, 2) i;

-- What the schema keeps of all this.
INSERT INTO given SELECT s.coach, u.period::given_period, date_trunc(u.period, s.starts)::date, sum(s.minutes)
  FROM meeting m JOIN session s ON s.id = m.id, unnest('{week,month}'::text[]) u (period) WHERE s.live AND m.i < 11 GROUP BY 1, 2, 3;
INSERT INTO free_week SELECT 1000000000 + base, week_of(at + n * interval '7 days'), '{}', '{}' FROM cohort, generate_series(0, 4) n;

RESET session_replication_role;
