-- What a run of bench needs in a filled place; everything it makes has an id from
-- bench.fill.mark on. bench.actor: the mentees who act, numbered from 0; each works
-- with 16 coaches of the first half, whose late afternoons the fill leaves free.
-- Hours to book are five minutes each, 39 a day from 15:15 on 115 working days that
-- begin in the week after next; those to record began at 18:00, before last week.
SET search_path = bench, coachhouse, pg_catalog;
CREATE TABLE IF NOT EXISTS actor (n int PRIMARY KEY, person bigint NOT NULL, since timestamptz NOT NULL);
CREATE OR REPLACE FUNCTION first_monday() RETURNS date LANGUAGE sql STABLE AS $$
  SELECT date_trunc('week', coachhouse.clock() AT TIME ZONE 'Europe/London')::date + 14
$$;

-- The coach and the start of an actor's s-th hour. No coach has two of them within
-- a quarter of an hour of each other.
CREATE OR REPLACE FUNCTION hour_to_book(actor int, s int, past boolean, OUT coach bigint, OUT starts timestamptz) LANGUAGE sql STABLE AS $$
  SELECT f.first_coach + 16 * (actor % sets) + (s + 4 * (actor / sets)) % 16,
    (bench.first_monday() - CASE WHEN past THEN 26 * 7 ELSE 0 END + s / 39 / 5 * 7 + s / 39 % 5
      + make_interval(mins => CASE WHEN past THEN 1080 ELSE 915 END + 5 * (s % 39))) AT TIME ZONE 'Europe/London'
  FROM bench.fill f, LATERAL (SELECT (f.coaches / 2 - 10) / 16) x (sets)
$$;

CREATE OR REPLACE PROCEDURE make_sessions(clients int, each int, first bigint, past boolean) LANGUAGE sql
SET search_path = bench, coachhouse, pg_catalog SET session_replication_role = replica AS $$
  WITH made AS (
    INSERT INTO session (id, engagement, activity, coach, mentee, coach_organisation, mentee_organisation, state, starts, ends, zone, minutes, booked_by)
      SELECT first + c * each + k, e.id, 'coaching', e.coach, e.mentee, a.organisation, b.organisation, 'booked',
        h.starts, h.starts + interval '5 minutes', 'Europe/London', 5, e.mentee
      FROM generate_series(0, clients - 1) c, generate_series(0, each - 1) k,
        LATERAL (SELECT k / 4485 * clients + c, k % 4485) n (actor, s),
        LATERAL bench.hour_to_book(n.actor, n.s, past) h, bench.actor t, engagement e, person a, person b
      WHERE t.n = n.actor AND e.coach = h.coach AND e.mentee = t.person AND e.state = 'active' AND a.id = e.coach AND b.id = e.mentee
    RETURNING id, coach, mentee, starts, ends, live
  )
  INSERT INTO participation (session, person, starts, ends, live, readers)
    SELECT id, p, starts, ends, live, ARRAY[coach, mentee] FROM made, unnest(ARRAY[coach, mentee]) p;
$$;

-- Takes away the sessions that a round made, with all that came of them; past the
-- triggers, which would take longer than the round, so what they keep is put back too.
CREATE OR REPLACE PROCEDURE level() LANGUAGE plpgsql SET search_path = bench, coachhouse, pg_catalog
SET session_replication_role = replica AS $$
DECLARE
  mark bigint := (SELECT f.mark FROM bench.fill f);
BEGIN
  DELETE FROM note WHERE conversation > mark;
  DELETE FROM action WHERE conversation > mark;
  DELETE FROM conversation WHERE id > mark;
  DELETE FROM participation WHERE session > mark;
  DELETE FROM session WHERE id > mark;
  DELETE FROM receipt r USING actor a WHERE r.person = a.person AND r.at >= a.since;
  UPDATE free_week f SET free = k.free FROM kept_week k WHERE (k.coach, k.week) = (f.coach, f.week) AND k.free <> f.free;
  UPDATE given g SET minutes = k.minutes FROM kept_given k
    WHERE (k.coach, k.period, k.first) = (g.coach, g.period, g.first) AND k.minutes <> g.minutes;
  DELETE FROM given g WHERE g.first >= first_monday() - 220 AND g.coach IN (SELECT coach FROM kept_week)
    AND NOT EXISTS (SELECT FROM kept_given k WHERE (k.coach, k.period, k.first) = (g.coach, g.period, g.first));
END $$;

-- The rest, without looking for what refers to it: nothing is left that does.
CREATE OR REPLACE PROCEDURE forget() LANGUAGE plpgsql SET search_path = bench, coachhouse, pg_catalog
SET session_replication_role = replica AS $$
DECLARE
  mark bigint := (SELECT f.mark FROM bench.fill f);
BEGIN
  DELETE FROM request WHERE id > mark;
  DELETE FROM engagement WHERE id > mark;
  DELETE FROM key_use WHERE key > mark;
  DELETE FROM key WHERE id > mark AND id < (SELECT max(id) FROM key);  -- the administrator of this run
  DELETE FROM reading_about WHERE reading > mark;
  DELETE FROM reading WHERE id > mark;
  DELETE FROM actor;
END $$;

CREATE OR REPLACE PROCEDURE restore() LANGUAGE sql AS $$
  CALL bench.level();
  CALL bench.forget();
$$;

-- What is stored of the coaches with whom they work; kept while a run lasts. One
-- that was broken off is put back first.
CREATE TABLE IF NOT EXISTS kept_week AS SELECT f.* FROM free_week f, fill WHERE f.coach BETWEEN first_coach AND first_coach + coaches / 2 - 1;
CREATE TABLE IF NOT EXISTS kept_given AS SELECT g.* FROM given g, fill
  WHERE g.coach BETWEEN first_coach AND first_coach + coaches / 2 - 1 AND g.first >= first_monday() - 220;
ANALYZE kept_week, kept_given;
CALL restore();
INSERT INTO actor SELECT row_number() OVER (ORDER BY hashint8(id)) - 1, mentee, now()
  FROM engagement, fill WHERE state = 'active' AND id < mark ORDER BY hashint8(id) LIMIT 96;
INSERT INTO engagement (activity, coach, mentee, state, started)
  SELECT DISTINCT 'coaching'::activity, h.coach, person, 'active'::engagement_state, clock()
  FROM actor, generate_series(0, 15) s, LATERAL hour_to_book(n, s, false) h
  UNION ALL SELECT 'coaching', first_coach + coaches / 2 - h, person, 'active', clock() FROM actor, fill, generate_series(1, 10) h
  ON CONFLICT DO NOTHING;
-- What the serving role runs for the computed formulation, too.
GRANT USAGE ON SCHEMA bench TO coachhouse_server;
