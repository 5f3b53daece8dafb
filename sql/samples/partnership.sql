-- A partnership of five organisations with a year behind it and three months
-- ahead, relative to the day it is loaded. Everybody in it is invented.
-- The owner of the schema loads it once (tests/demo/load does); the same day
-- gives the same partnership. The last statement lists the sessions whose
-- conversations are then recorded by their authors; recorded.sql follows.
BEGIN;
SET timezone = 'UTC';
DO $$
BEGIN
  PERFORM set_config('search_path', nspname || ', coachhouse, pg_catalog', false)
    FROM pg_namespace WHERE nspname LIKE 'engine\_%' ORDER BY oid DESC LIMIT 1;
END $$;

-- A number below n that is always the same for a key.
CREATE FUNCTION pg_temp.pick(key text, n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT ('x' || substr(md5(key), 1, 7))::bit(28)::int % n
$$;

-- 1. Organisations and people ------------------------------------------------

CREATE TEMP TABLE place AS
  SELECT * FROM (VALUES
    (1, 'Alder Valley NHS Trust', 'nhs'::sector, 'Alder Valley'),
    (2, 'Wrenfield Community Health', 'nhs', 'Wrenfield'),
    (3, 'Wrenfield City Council', 'council', 'Wrenfield'),
    (4, 'Marshland County Council', 'council', 'Marshland'),
    (5, 'Lantern Hospice Care', 'third', 'Alder Valley')) v (n, name, sector, locality);
INSERT INTO organisation (name, sector, locality, added)
  SELECT name, sector, locality, clock() - interval '3 years' FROM place ORDER BY n
  ON CONFLICT ((lower(name))) DO UPDATE SET locality = EXCLUDED.locality, added = EXCLUDED.added;

-- part: coach, accreditee, participant, leader, administrator, applicant.
CREATE TEMP TABLE sample (n serial, part text, name text, email text, place int, roles role[],
  zone text NOT NULL DEFAULT 'Europe/London', id bigint);
INSERT INTO sample (part, name, email, place, roles) VALUES
  ('administrator', 'Ruth Calder', 'ruth.calder@example.org', 1, '{administrator}'),
  ('administrator', 'Hamid Sterling', 'hamid.sterling@example.org', 3, '{administrator}'),
  ('coach', 'Karen Whitlock', 'karen.whitlock@example.org', 1, '{coach,accreditee}'),
  ('coach', 'Margaret Ellis-Boyd', 'margaret.ellis-boyd@example.org', 2, '{coach,accreditee}'),
  ('coach', 'Daniel Achterberg', 'daniel.achterberg@example.org', 3, '{coach}'),
  ('coach', 'Łukasz Brandt', 'lukasz.brandt@example.org', 4, '{coach}'),
  ('coach', 'مريم حداد', 'maryam.haddad@example.org', 3, '{coach}'),
  ('coach', 'Inés Carvajal', 'ines.carvajal@example.net', 5, '{coach,accreditee}'),
  ('coach', 'Gwen Prosser', 'gwen.prosser@example.org', 1, '{coach}'),
  ('coach', 'Oluwaseun Adebayo', 'oluwaseun.adebayo@example.org', 4, '{coach,accreditee}'),
  ('participant', 'Zoë Marchetti', 'zoe.marchetti@example.org', 2, '{}'),
  ('participant', 'Þórunn Ásgeirsdóttir', 'thorunn.asgeirsdottir@example.org', 1, '{}'),
  ('participant', '李静', 'li.jing@example.org', 3, '{}'),
  ('leader', 'Daniel Penhale', 'daniel.penhale@example.org', 1, '{mentor}'),
  ('leader', 'Nguyễn Thị Hà', 'nguyen.thi.ha@example.org', 2, '{mentor}'),
  ('applicant', 'Priya Nambiar', 'priya.nambiar@example.net', 5, '{coach}');

-- The others: 9 accreditees who do not coach, 45 more participants, 58 more
-- leaders, of whom 14 are senior mentors and 12 line managers.
WITH names AS (
  SELECT string_to_array('Aisha Alun Amara Andrzej Beatriz Benedict Bronagh Callum Chidi Dafydd Deepa Edith Emeka '
    'Ewa Farah Fergus Francesca Gareth Grace Hamish Harpreet Hugo Imogen Iwan Jamila Jürgen Kofi Leila Lorna '
    'Małgorzata Mateo Moira Nadia Niamh Owen Padraig Parveen Rhiannon Rohan Rosalind Saoirse Siân Søren Tariq '
    'Thandiwe Vikram Winifred Yusuf', ' ') AS given,
    string_to_array('Abernathy Bello Birtwhistle Carrow Chaudhry Cragg Dalby Eastwick Fairbrother Farooqi Galloway '
    'Gbadamosi Hallam Hargreave Ibekwe Inskip Jankowski Jewsbury Kaur Kettlewell Kowalczyk Lanyon Lathom Mbatha '
    'Mackworth Nair Netherton O''Dwyer Oduya Oyelaran Pendry Penrose Qureshi Quayle Ravenscroft Rahman Sato '
    'Skelhorn Slater Tanaka Thistlewood Trevanion Umar Underhill Vaszary Venables Wadsworth Whitcombe Xu Yardley '
    'Yilmaz Zaleski Zielińska', ' ') AS family
), others AS (
  SELECT i, given[1 + (i * 5) % cardinality(given)] || ' ' || family[1 + (i * 7) % cardinality(family)] AS name,
    CASE WHEN i <= 9 THEN 'accreditee' WHEN i <= 54 THEN 'participant' ELSE 'leader' END AS part,
    CASE WHEN i <= 9 THEN '{accreditee}' WHEN i BETWEEN 55 AND 68 THEN '{mentor}'
      WHEN i BETWEEN 69 AND 80 THEN '{manager}' WHEN i BETWEEN 81 AND 84 THEN '{sponsor}' ELSE '{}' END::role[] AS roles
  FROM names, generate_series(1, 112) i
)
INSERT INTO sample (part, name, email, place, roles)
  SELECT part, name, regexp_replace(plain(name), '[^a-z]+', '.', 'g') || '@example.'
      || CASE WHEN i % 10 = 7 THEN 'net' ELSE 'org' END,
    ('{1,2,3,1,4,2,1,5,3,2}'::int[])[1 + i % 10], roles
  FROM others ORDER BY i;

-- The first administrator may be here already.
UPDATE sample s SET id = c.person, roles = NULL FROM contact c WHERE lower(c.email) = s.email;
UPDATE sample SET id = nextval('coachhouse.id') WHERE id IS NULL;
UPDATE sample SET zone = 'Europe/Madrid' WHERE email = 'ines.carvajal@example.net';
INSERT INTO person (id, name, organisation, zone, added)
  SELECT s.id, s.name, o.id, s.zone, clock() - make_interval(days => 400 + pg_temp.pick(s.email, 300))
  FROM sample s JOIN place p ON p.n = s.place JOIN organisation o ON o.name = p.name
  WHERE s.roles IS NOT NULL ORDER BY s.n;
INSERT INTO contact (person, email) SELECT id, email FROM sample WHERE roles IS NOT NULL;
INSERT INTO role_held (person, role, organisation, starts_on)
  SELECT s.id, r, p.organisation, today() - 400 FROM sample s JOIN person p USING (id), unnest('{member}' || s.roles) r;
-- Most have a key on some machine; whoever is enrolled later gets another.
INSERT INTO key (person, public, label, added)
  SELECT id, sha256(convert_to('nobody has the secret half: ' || email, 'UTF8')), 'work laptop', clock() - interval '300 days'
  FROM sample WHERE pg_temp.pick(email, 10) < 7 AND roles IS NOT NULL
    AND email NOT IN ('karen.whitlock@example.org', 'zoe.marchetti@example.org');

CREATE TEMP TABLE participant AS
  SELECT id, row_number() OVER (ORDER BY n)::int AS n FROM sample WHERE part = 'participant';
CREATE TEMP TABLE mentor AS
  SELECT id, row_number() OVER (ORDER BY n)::int AS n FROM sample WHERE 'mentor' = ANY (roles);
INSERT INTO manages (manager, member, starts_on)
  SELECT m.id, p.id, today() - 500 FROM participant p
  JOIN (SELECT id, row_number() OVER (ORDER BY n) AS n FROM sample WHERE 'manager' = ANY (roles)) m
    ON m.n = 1 + (p.n - 1) / 3 AND p.n <= 36;

-- 2. The register ------------------------------------------------------------

-- engagements: how many a coach begins in 14 months; told: how many of them
-- have conversations with content.
CREATE TEMP TABLE coach (email text, state registration_state, pledge int, clients int, weekly int, buffer int,
  notice int, self boolean, specialisms text[], languages text[], engagements int, told int);
INSERT INTO coach VALUES
  ('karen.whitlock@example.org', 'live', 60, 8, 8, 0, 24, true, '{leadership,new in role}', '{English}', 7, 3),
  ('margaret.ellis-boyd@example.org', 'live', 150, 14, 12, 0, 24, true, '{leadership,teams,conflict}', '{English,French}', 21, 4),
  ('daniel.achterberg@example.org', 'live', 80, 8, 6, 15, 48, false, '{career,resilience}', '{English,Dutch}', 10, 2),
  ('lukasz.brandt@example.org', 'live', 50, 6, 6, 0, 24, true, '{change,digital}', '{English,Polish}', 8, 2),
  ('maryam.haddad@example.org', 'live', 40, 5, 4, 15, 24, true, '{inclusion,leadership}', '{English,Arabic}', 6, 2),
  ('ines.carvajal@example.net', 'live', 30, 4, 4, 0, 48, true, '{resilience,end-of-life care}', '{English,Spanish}', 4, 1),
  ('gwen.prosser@example.org', 'paused', 24, 4, 4, 0, 24, true, '{career}', '{English,Welsh}', 3, 1),
  ('oluwaseun.adebayo@example.org', 'live', 15, 3, 4, 0, 72, false, '{finance,leadership}', '{English}', 2, 0);
INSERT INTO registration (person, state, specialisms, languages, pledge_hours, client_limit, weekly_hours, buffer_minutes,
    notice_hours, self_selection, added, approved)
  SELECT s.id, c.state, c.specialisms, c.languages, c.pledge, c.clients, c.weekly, c.buffer, c.notice, c.self,
    clock() - interval '2 years', clock() - interval '700 days'
  FROM coach c JOIN sample s USING (email);
INSERT INTO registration (person, specialisms, languages, pledge_hours, client_limit, added)
  SELECT id, '{nutrition,teams}', '{English,Malayalam}', 20, 3, clock() - interval '9 days'
  FROM sample WHERE part = 'applicant';
-- Senior mentors are given out by the programme, not chosen.
INSERT INTO registration (person, state, activities, specialisms, languages, pledge_hours, client_limit, notice_hours,
    self_selection, added, approved)
  SELECT id, 'live', '{mentoring}', ARRAY[('{strategy,finance,partnerships,quality,workforce}'::text[])[1 + n % 5]], '{English}',
    CASE WHEN n % 4 = 0 THEN 40 END, 4, 48, false, clock() - interval '400 days', clock() - interval '390 days'
  FROM mentor;

-- Mornings and after lunch.
INSERT INTO pattern (coach, weekday, opens, closes, zone, valid_from)
  SELECT s.id, day, v.opens, v.closes, s.zone, today() - 500 FROM (VALUES
    ('karen.whitlock@example.org', '{1,2,3,4}'::int[], '09:00'::time, '12:30'::time),
    ('karen.whitlock@example.org', '{3}', '13:30', '16:30'),
    ('margaret.ellis-boyd@example.org', '{1,2,3,4,5}', '09:00', '12:30'),
    ('margaret.ellis-boyd@example.org', '{1,2,3,4}', '13:30', '16:00'),
    ('daniel.achterberg@example.org', '{2,4}', '09:00', '12:00'),
    ('daniel.achterberg@example.org', '{2,4}', '13:00', '15:30'),
    ('lukasz.brandt@example.org', '{1,3}', '13:00', '17:00'),
    ('lukasz.brandt@example.org', '{5}', '09:00', '12:00'),
    ('maryam.haddad@example.org', '{2}', '09:00', '12:30'),
    ('maryam.haddad@example.org', '{4}', '13:30', '16:00'),
    ('ines.carvajal@example.net', '{1,5}', '10:00', '13:00'),
    ('gwen.prosser@example.org', '{3,4}', '09:30', '12:00'),
    ('oluwaseun.adebayo@example.org', '{5}', '13:00', '16:00')) v (email, days, opens, closes)
  JOIN sample s USING (email), unnest(v.days) day;
INSERT INTO pattern (coach, weekday, opens, closes, zone, valid_from)
  SELECT id, day, hours.opens, hours.closes, 'Europe/London', today() - 500 FROM mentor,
    unnest(ARRAY[1 + n % 5, 1 + (n + 2) % 5]) day,
    (VALUES (0, '09:00'::time, '12:00'::time), (1, '13:00', '16:00')) hours (half, opens, closes)
  WHERE hours.half = n % 2 OR day = 3;

-- Leave, and closed days at the turn of the year.
INSERT INTO away (coach, starts, ends, reason)
  SELECT r.person, midnight(make_date(year, 12, 24), 'Europe/London'), midnight(make_date(year + 1, 1, 2), 'Europe/London'), 'closed'
  FROM registration r, generate_series(extract(year FROM today())::int - 1, extract(year FROM today())::int) year;
INSERT INTO away (coach, starts, ends, reason)
  SELECT s.id, midnight(today() + v.first, s.zone), midnight(today() + v.first + v.days, s.zone), 'leave'
  FROM (VALUES ('karen.whitlock@example.org', -110, 14), ('karen.whitlock@example.org', 38, 7),
    ('margaret.ellis-boyd@example.org', -200, 14), ('daniel.achterberg@example.org', -95, 14),
    ('lukasz.brandt@example.org', 12, 7), ('maryam.haddad@example.org', -60, 10)) v (email, first, days)
  JOIN sample s USING (email);
INSERT INTO opening (coach, starts, ends)
  SELECT id, (day + time '17:00') AT TIME ZONE zone, (day + time '19:00') AT TIME ZONE zone
  FROM sample, (SELECT (date_trunc('week', today()) + interval '11 days')::date) d (day)
  WHERE email = 'karen.whitlock@example.org';

-- 3. Who works with whom -----------------------------------------------------

CREATE TEMP TABLE plan (n serial, coach bigint, mentee bigint, activity activity, began date, sessions int,
  every int, wait int, early text, told boolean NOT NULL DEFAULT false);

-- The coach and the mentee of the demonstration come first: the best times are theirs.
INSERT INTO plan (coach, mentee, activity, began, sessions, every, wait, told)
  SELECT k.id, z.id, 'coaching', today() - 130, 4, 28, 16, true FROM sample k, sample z
  WHERE k.email = 'karen.whitlock@example.org' AND z.email = 'zoe.marchetti@example.org';

-- Four to six sessions each, begun evenly over 14 months, with people whom
-- nobody coaches yet: leaders, accreditees, participants.
WITH pool AS (
  SELECT id, row_number() OVER (ORDER BY md5(email)) AS n FROM sample
  WHERE part IN ('accreditee', 'leader', 'participant') AND NOT 'mentor' = ANY (roles) AND email <> 'zoe.marchetti@example.org'
), begun AS (
  SELECT s.id, s.email, c.told, i, row_number() OVER (ORDER BY i, s.n) AS n,
    today() - 420 + ((i - 0.5) * 410 / c.engagements)::int AS began
  FROM coach c JOIN sample s USING (email), generate_series(1, c.engagements) i
)
INSERT INTO plan (coach, mentee, activity, began, sessions, every, wait, early, told)
  SELECT b.id, p.id, 'coaching', b.began, 4 + pg_temp.pick(b.email || b.i, 3), 28 + pg_temp.pick(b.email || b.i, 8),
    6 + pg_temp.pick('wait' || p.id, 44),
    CASE b.n % 19 WHEN 5 THEN 'Moved to another post.' WHEN 11 THEN 'Not the right time; may ask again.' END,
    b.n % 19 NOT IN (5, 11) AND row_number() OVER (PARTITION BY b.id ORDER BY abs(b.began - today() + 190)) <= b.told
  FROM begun b JOIN pool p USING (n) ORDER BY b.n;

-- The leadership programme: two groups of 24, a senior mentor for each, met every seven weeks.
INSERT INTO plan (coach, mentee, activity, began, sessions, every, wait, told)
  SELECT m.id, p.id, 'mentoring', today() - CASE WHEN p.n <= 24 THEN 335 ELSE 150 END + p.n % 7, 9, 49, 14 + p.n % 12,
    p.n IN (2, 5, 8, 11)
  FROM participant p JOIN mentor m ON m.n = 1 + p.n % 16 ORDER BY p.n;

-- 4. A year behind, three months ahead ---------------------------------------

-- One of the half hours at which both are free in some days.
CREATE FUNCTION pg_temp.free_start(coach bigint, mentee bigint, first timestamptz, last timestamptz, minutes int, key text)
RETURNS timestamptz LANGUAGE sql AS $$
  SELECT s FROM unnest(published(coach, first, last) - away_time(coach, first, last)
      - taken_time(coach, first, last, buffer_of(coach), NULL) - taken_time(mentee, first, last, '0', NULL)) free,
    generate_series(date_bin('30 minutes', lower(free) + interval '29 minutes', '2000-01-01Z'),
      upper(free) - make_interval(mins => minutes), interval '30 minutes') s
  ORDER BY md5(key || (s - first)) LIMIT 1
$$;

-- What became of a session; `told` ones stay open until their conversation is recorded.
CREATE FUNCTION pg_temp.became(ends timestamptz, roll int, told boolean) RETURNS session_state LANGUAGE sql AS $$
  SELECT CASE WHEN told AND roll >= 8 AND ends < clock() - interval '10 days' THEN 'booked'
    WHEN ends >= clock() - interval '10 days' AND (ends >= clock() OR roll >= 60) THEN CASE WHEN roll < 3 THEN 'cancelled' ELSE 'booked' END
    WHEN roll < 4 THEN 'mentee_missed' WHEN roll < 6 THEN 'coach_missed' WHEN roll < 14 AND NOT told THEN 'cancelled'
    ELSE 'attended' END::session_state
$$;

CREATE FUNCTION pg_temp.add_session(e engagement, at timestamptz, length int, key text, state session_state)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  s session;
  roll int := pg_temp.pick('became' || key, 100);
BEGIN
  s.late := add_session.state = 'cancelled' AND at < clock() AND roll % 3 = 0;
  s.booked := least(greatest(at - make_interval(days => 5 + roll % 30), e.started), date_trunc('minute', clock()) - make_interval(mins => 60 + 37 * roll));
  s.closed := CASE WHEN add_session.state = 'cancelled' THEN greatest(s.booked, least(clock() - interval '1 hour',
      at - CASE WHEN s.late THEN interval '5 hours' ELSE interval '4 days' END))
    WHEN add_session.state NOT IN ('booked', 'requested') THEN least(clock(), at + make_interval(mins => length, hours => 1 + roll % 40)) END;
  s.booked_by := CASE WHEN roll % 3 = 0 THEN e.coach ELSE e.mentee END;
  s.closed_by := CASE WHEN roll % 4 = 1 THEN e.mentee ELSE e.coach END;
  INSERT INTO session (engagement, activity, coach, mentee, coach_organisation, mentee_organisation, state, starts, ends,
      zone, venue, minutes, booked, booked_by, closed, closed_by, reason, late, recorded)
    SELECT e.id, e.activity, e.coach, e.mentee, c.organisation, m.organisation, add_session.state, at, at + make_interval(mins => length),
      c.zone, ('{Room 2.14,video call,the garden room,video call}'::text[])[1 + roll % 5], length, s.booked, s.booked_by, s.closed,
      CASE WHEN s.closed IS NOT NULL THEN s.closed_by END,
      CASE WHEN add_session.state = 'cancelled' THEN CASE WHEN s.late THEN 'Unwell.' ELSE 'Short-staffed that day.' END END, s.late,
      CASE WHEN add_session.state = 'attended' AND roll % 4 > 0 THEN s.closed END
    FROM person c, person m WHERE c.id = e.coach AND m.id = e.mentee RETURNING * INTO s;
  IF NOT claim_time(s) THEN
    RAISE EXCEPTION 'session % of % overlaps', s.id, key;
  END IF;
  INSERT INTO conversation (session, coach, mentee, author, recorded)
    SELECT s.id, s.coach, s.mentee, s.closed_by, s.recorded WHERE s.recorded IS NOT NULL;
END $$;

-- The sessions of an engagement, then what they make of it and of the request it answers.
CREATE FUNCTION pg_temp.work(p plan) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  e engagement;
  first timestamptz;
  at timestamptz;
  last timestamptz;
  length int;
BEGIN
  INSERT INTO engagement (activity, coach, mentee, state, sessions_agreed, until, proposed, started)
    SELECT p.activity, p.coach, p.mentee, 'active', CASE WHEN p.n = 1 THEN 6 WHEN p.early IS NULL THEN p.sessions ELSE 6 END,
      p.began + CASE p.activity WHEN 'coaching' THEN 240 ELSE 548 END, p.began - 2 + time '11:20', p.began + time '14:05'
    RETURNING * INTO e;
  FOR k IN 1..CASE WHEN p.early IS NULL THEN p.sessions ELSE 2 END LOOP
    first := midnight(p.began + 6 + (k - 1) * p.every, 'Europe/London');
    CONTINUE WHEN first < clock() - interval '365 days' OR first > clock() + interval '91 days';
    length := CASE WHEN p.activity = 'mentoring' OR p.n = 1 THEN 60 ELSE (60 + 15 * (pg_temp.pick(e.id || 'm', 12) / 5)) END;
    at := pg_temp.free_start(p.coach, p.mentee, first, first + interval '10 days', length, concat_ws('.', p.n, k));
    CONTINUE WHEN at IS NULL;
    PERFORM pg_temp.add_session(e, at, length, concat_ws('.', p.n, k), pg_temp.became(at + make_interval(mins => length),
      pg_temp.pick('became' || concat_ws('.', p.n, k), 100), p.told));
    last := at;
  END LOOP;
  UPDATE engagement SET state = CASE WHEN p.early IS NULL THEN 'completed' ELSE 'ended_early' END::engagement_state, end_reason = p.early,
    ended = coalesce(last, started) + interval '3 days' WHERE id = e.id AND coalesce(last, started) < clock() - interval '30 days' AND p.n > 1;
  INSERT INTO request (mentee, organisation, activity, coach, state, submitted, offered, offer_expires, matched, first_booked,
      first_attended, engagement)
    SELECT p.mentee, o.organisation, p.activity, p.coach, 'matched', e.started - make_interval(days => p.wait),
      e.started - make_interval(days => p.wait / 3), e.started - make_interval(days => p.wait / 3 - 14), e.started,
      coalesce(min(s.booked), e.started), coalesce(min(s.starts) FILTER (WHERE s.live AND s.ends < clock()),
        CASE WHEN p.began < today() - 90 THEN coalesce(min(s.booked), e.started) + interval '9 days' END), e.id
    FROM person o LEFT JOIN session s ON s.engagement = e.id WHERE o.id = p.mentee GROUP BY o.organisation;
END $$;

-- The demonstration's two met on the last day that they could, and it is not closed yet.
CREATE FUNCTION pg_temp.met_lately(e engagement) RETURNS void LANGUAGE sql AS $$
  SELECT pg_temp.add_session(e, lower(free) + interval '1 hour', 60, 'lately', 'booked')
  FROM unnest(published(e.coach, clock() - interval '16 days', clock() - interval '3 hours')
    - away_time(e.coach, clock() - interval '16 days', clock())) free
  WHERE upper(free) - lower(free) >= interval '2 hours' ORDER BY free DESC LIMIT 1
$$;

DO $$
DECLARE
  p plan;
BEGIN
  FOR p IN SELECT * FROM pg_temp.plan ORDER BY n LOOP
    PERFORM pg_temp.work(p);
    PERFORM pg_temp.met_lately(e) FROM engagement e WHERE p.n = 1;
  END LOOP;
END $$;

-- 5. Who waits ---------------------------------------------------------------

CREATE TEMP TABLE asking AS
  SELECT p.id, p.organisation, n, today() + time '08:40' + make_interval(mins => 37 * n) AS today
  FROM (SELECT p.*, row_number() OVER (ORDER BY md5(p.name))::int AS n
    FROM person p JOIN sample s USING (id)
    WHERE s.part IN ('leader', 'participant') AND NOT 'mentor' = ANY (s.roles)
      AND NOT EXISTS (SELECT FROM engagement e WHERE e.mentee = p.id AND e.activity = 'coaching')) p;
-- Eight wait, three changed their minds, one was told no.
INSERT INTO request (mentee, organisation, activity, state, submitted, withdrawn, closed)
  SELECT id, organisation, 'coaching',
    CASE WHEN n <= 8 THEN 'submitted' WHEN n <= 11 THEN 'withdrawn' ELSE 'closed' END::request_state,
    today - make_interval(days => n * n % 61 + 2),
    CASE WHEN n BETWEEN 9 AND 11 THEN today - make_interval(days => n % 3 + 1) END, CASE WHEN n = 12 THEN today - interval '1 day' END
  FROM asking WHERE n <= 12;
-- Offered: to Karen, who has days to answer, and to two others.
INSERT INTO request (mentee, organisation, activity, coach, state, submitted, offered, offer_expires)
  SELECT a.id, a.organisation, 'coaching', s.id, 'offered', today - v.asked, today - v.offered, today - v.offered + interval '14 days'
  FROM (VALUES (13, 'karen.whitlock@example.org', interval '19 days', interval '3 days'),
    (14, 'margaret.ellis-boyd@example.org', '26 days', '5 days'),
    (15, 'lukasz.brandt@example.org', '41 days', '12 days')) v (n, email, asked, offered)
  JOIN asking a USING (n) JOIN sample s USING (email);
-- Daniel Achterberg is asked before he is booked: an engagement proposed, an hour requested.
WITH proposed AS (
  INSERT INTO engagement (activity, coach, mentee, state, proposed)
    SELECT 'coaching', s.id, a.id, 'proposed', today - interval '2 days' FROM asking a, sample s
    WHERE a.n = 16 AND s.email = 'daniel.achterberg@example.org'
    RETURNING *
)
INSERT INTO request (mentee, organisation, activity, coach, state, submitted, offered, offer_expires, first_booked, engagement)
  SELECT e.mentee, a.organisation, e.activity, e.coach, 'offered', e.proposed, e.proposed, e.proposed + interval '14 days', e.proposed, e.id
  FROM proposed e JOIN asking a ON a.id = e.mentee;
DO $$
BEGIN
  PERFORM pg_temp.add_session(e, pg_temp.free_start(e.coach, e.mentee, clock() + interval '9 days', clock() + interval '19 days',
    60, 'asked'), 60, 'asked', 'requested') FROM engagement e WHERE e.state = 'proposed';
END $$;

COMMIT;
ANALYZE person, role_held, engagement, request, session, participation, conversation;

-- Of each conversation to be recorded: session, author, kind, which of the engagement, which story.
SELECT s.id, c.email, s.activity, row_number() OVER (PARTITION BY s.engagement ORDER BY s.starts),
    dense_rank() OVER (PARTITION BY s.coach ORDER BY s.engagement)
  FROM session s JOIN contact c ON c.person = CASE WHEN s.engagement % 6 = 0 THEN s.mentee ELSE s.coach END
  WHERE s.state = 'booked' AND s.ends < clock() - interval '10 days'
  ORDER BY s.starts;
