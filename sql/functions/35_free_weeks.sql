-- What is stored of free time and minutes given (schema/0014_free_weeks.sql): made
-- for weeks to come, compared with what it follows from, put right.

-- Weeks and counts of a coach that are not what they ought to be.
CREATE FUNCTION times_differ(who bigint, OUT weeks int, OUT counts int) LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT count(*) INTO weeks FROM free_week f JOIN weeks_computed(who, '-infinity', 'infinity') c USING (week)
    WHERE f.coach = who AND (f.open <> c.open OR f.free <> c.free);
  SELECT count(*) INTO counts FROM (SELECT g.period, g.first, g.minutes FROM given g WHERE g.coach = who AND g.minutes <> 0) g
    FULL JOIN given_computed(who) c USING (period, first) WHERE g.minutes IS DISTINCT FROM c.minutes;
END $$;

-- Coaches after one, in order: what was wrong, put right if so asked. Each comparison
-- sees one moment; only what is written waits for the coach's lock.
CREATE FUNCTION check_times(after bigint, most int, repair boolean)
RETURNS TABLE (coach bigint, weeks int, counts int) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  FOR coach, weeks, counts IN SELECT r.person, d.* FROM registration r, LATERAL times_differ(r.person) d
      WHERE r.person > after ORDER BY r.person LIMIT most LOOP
    IF repair AND weeks + counts > 0 THEN
      PERFORM store_weeks(coach, '-infinity', 'infinity'), store_given(coach);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- After much was written past the triggers: all of it, for everybody.
CREATE FUNCTION store_times() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT sum(store_weeks(person, '-infinity', 'infinity') + store_given(person)) FROM (SELECT person FROM registration ORDER BY person) r);
END $$;

CREATE FUNCTION zone_rules_of(zone text, since timestamptz, until timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT string_agg(format('%s from %s', gap, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')), ', ' ORDER BY at) FROM (
      SELECT at, gap, lag(gap) OVER (ORDER BY at) AS before FROM (
        SELECT at, (at AT TIME ZONE zone) - (at AT TIME ZONE 'UTC') FROM generate_series(since, until, interval '15 minutes') at) o (at, gap)
    ) offsets WHERE gap IS DISTINCT FROM before);
END $$;

-- Zones whose rules are not those that free time was computed with (a newer tzdata):
-- how many; they are to be followed.
CREATE FUNCTION note_zones() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  which text;
  old zone_rule;
  span record := stored_weeks();
  changed int := 0;
BEGIN
  FOR which IN SELECT p.zone FROM pattern p UNION SELECT p.zone FROM registration r JOIN person p ON p.id = r.person ORDER BY zone LOOP
    SELECT * INTO old FROM zone_rule z WHERE z.zone = which;
    IF old.rules <> zone_rules_of(which, old.since, old.until) THEN
      changed := changed + 1;
      old.followed := 0;
    ELSIF old.since <= span.first AND old.until >= span.last THEN
      CONTINUE;
    END IF;
    INSERT INTO zone_rule VALUES (which, span.first, span.last + interval '1344 hours',
        zone_rules_of(which, span.first, span.last + interval '1344 hours'))
      ON CONFLICT (zone) DO UPDATE SET since = excluded.since, until = excluded.until, rules = excluded.rules, followed = old.followed;
  END LOOP;
  RETURN changed;
END $$;

-- Makes anew what is stored of a few coaches who have hours in such a zone, or live
-- there. Their locks are waited for in order of id, as bookings do, and few are held
-- at once. False: all follow.
CREATE FUNCTION follow_zones(most int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  which zone_rule;
  who bigint;
  few int := 0;
BEGIN
  SELECT * INTO which FROM zone_rule z WHERE z.followed IS NOT NULL ORDER BY z.zone LIMIT 1 FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  FOR who IN SELECT c.coach FROM (SELECT p.coach FROM pattern p WHERE p.zone = which.zone
        UNION SELECT r.person FROM registration r JOIN person p ON p.id = r.person WHERE p.zone = which.zone) c
      WHERE c.coach > which.followed AND EXISTS (SELECT FROM free_week f WHERE f.coach = c.coach) ORDER BY c.coach LIMIT most LOOP
    PERFORM store_given(who), store_weeks(who, '-infinity', 'infinity');
    which.followed := who;
    few := few + 1;
  END LOOP;
  UPDATE zone_rule z SET followed = CASE WHEN few = most THEN which.followed END WHERE z.zone = which.zone;
  RETURN true;
END $$;

-- A few coaches whose weeks do not reach as far as they should. Counts go with
-- them where no week is left. Nobody is waited for: who is busy comes next time.
-- How many were found.
CREATE FUNCTION fill_weeks(most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  who bigint;
  few int := 0;
  span record := stored_weeks();
BEGIN
  FOR who IN SELECT person FROM registration r WHERE state <> 'left'
      AND NOT EXISTS (SELECT FROM free_week f WHERE f.coach = r.person AND f.week = span.last) ORDER BY person LIMIT most LOOP
    few := few + 1;
    CONTINUE WHEN NOT pg_try_advisory_xact_lock(who);
    IF NOT EXISTS (SELECT FROM free_week f WHERE f.coach = who) THEN
      PERFORM store_given(who);
    END IF;
    PERFORM store_weeks(who, '-infinity', 'infinity');
    DELETE FROM free_week f WHERE f.coach = who AND f.week < span.first;
  END LOOP;
  RETURN few;
END $$;

-- What the daemon does by and by. `more`: run it again soon. Each coach is compared
-- once a week, in an hour of their own. It shares a connection with the reading of keys,
-- which those who enrol wait for: so it gives up soon when somebody stays locked.
CREATE FUNCTION keep_times(OUT more boolean, OUT zones int, OUT wrong int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
  found record;
BEGIN
  wrong := 0;
  zones := 0;
  more := fill_weeks(20) > 0;
  IF NOT more THEN
    zones := note_zones();
    more := follow_zones(20);
  END IF;
  IF more THEN
    RETURN;
  END IF;
  FOR found IN SELECT r.person, d.* FROM registration r, LATERAL times_differ(r.person) d
      WHERE r.person % 168 = floor(extract(epoch FROM clock()) / 3600)::bigint % 168 ORDER BY r.person LOOP
    IF found.weeks + found.counts > 0 AND pg_try_advisory_xact_lock(found.person) THEN
      wrong := wrong + 1;
      PERFORM store_weeks(found.person, '-infinity', 'infinity'), store_given(found.person);
    END IF;
  END LOOP;
END $$;
