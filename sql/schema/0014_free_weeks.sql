-- Free time and minutes given, kept beside what they follow from, so that a search
-- reads a few rows and a limit one. Triggers keep them: every way of booking, of
-- moving, of changing hours is kept up with, that of an older daemon too.
--
-- Who changes a coach's times holds the coach's lock (lock_people); what reads here
-- to store what it computed takes it too. published, away_time and taken_time are
-- the definition, and so they stand here, beside what is stored by them.
SET LOCAL search_path = coachhouse, pg_catalog;

-- Weeks are of UTC, so that all have 168 hours and none depends on a zone. A week
-- that is not there is computed by whoever asks.
CREATE TABLE free_week (
  coach bigint NOT NULL REFERENCES registration,
  week timestamptz NOT NULL CHECK (week = date_bin('168 hours', week, '2001-01-01 00:00Z')),  -- Monday
  open tstzmultirange NOT NULL,  -- published hours without time away
  free tstzmultirange NOT NULL,  -- those without what is taken, and the coach's buffer around it
  PRIMARY KEY (coach, week)
) WITH (fillfactor = 50);  -- a booking writes the row again, and never its key
ALTER TABLE free_week ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON free_week FOR SELECT USING (coach = (SELECT me()) OR (SELECT administers()));
GRANT SELECT ON free_week TO coachhouse_server;

-- Minutes of live sessions that begin in a week or month of the coach's own zone;
-- what is not there is none.
CREATE TYPE given_period AS ENUM ('week', 'month');
CREATE TABLE given (
  coach bigint NOT NULL,
  period given_period NOT NULL,
  first date NOT NULL,
  minutes int NOT NULL,
  PRIMARY KEY (coach, period, first)
) WITH (fillfactor = 80);
ALTER TABLE given ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON given FOR SELECT USING (coach = (SELECT me()) OR (SELECT administers()));
GRANT SELECT ON given TO coachhouse_server;

-- Published hours: weekly patterns expanded edge by edge on the day, and openings.
CREATE FUNCTION published(who bigint, since timestamptz, until timestamptz) RETURNS tstzmultirange
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(range_agg(span), '{}') * tstzmultirange(tstzrange(since, until)) FROM (
      SELECT tstzrange(edge.opens, edge.closes) FROM coachhouse.pattern p
        CROSS JOIN LATERAL generate_series(greatest((since AT TIME ZONE p.zone)::date - 1, p.valid_from),
          least((until AT TIME ZONE p.zone)::date, p.valid_to), interval '1 day') day
        CROSS JOIN LATERAL (SELECT (day::date + p.opens) AT TIME ZONE p.zone,
          (day::date + p.closes + CASE WHEN p.closes <= p.opens THEN interval '1 day' ELSE '0' END) AT TIME ZONE p.zone)
          edge (opens, closes)
        WHERE p.coach = who AND extract(isodow FROM day) = p.weekday AND edge.opens < edge.closes
      UNION ALL
      SELECT tstzrange(starts, ends) FROM coachhouse.opening
        WHERE coach = who AND starts < until AND starts > since - interval '24 hours'
    ) spans (span));
END $$;

CREATE FUNCTION away_time(who bigint, since timestamptz, until timestamptz) RETURNS tstzmultirange
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(range_agg(tstzrange(starts, ends)), '{}') FROM coachhouse.away
    WHERE coach = who AND cancelled IS NULL AND ends > since AND starts < until);
END $$;

-- Times a person is taken, and the buffer around each.
CREATE FUNCTION taken_time(who bigint, since timestamptz, until timestamptz, buffer interval, ignoring bigint)
RETURNS tstzmultirange
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(range_agg(tstzrange(starts - buffer, ends + buffer)), '{}') FROM coachhouse.participation
    WHERE person = who AND live AND starts < until + buffer AND starts > since - buffer - interval '12 hours'
      AND ends > since - buffer AND session IS DISTINCT FROM ignoring);
END $$;

CREATE FUNCTION buffer_of(who bigint) RETURNS interval LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce((SELECT make_interval(mins => buffer_minutes) FROM coachhouse.registration WHERE person = who), '0'));
END $$;

-- The Monday that an instant is after.
CREATE FUNCTION week_of(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT date_bin('168 hours', at, '2001-01-01 00:00Z')
$$;

-- The weeks that ought to be there: to the horizon, and back so far as a report
-- of last month looks.
CREATE FUNCTION stored_weeks(OUT first timestamptz, OUT last timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
  first := coachhouse.week_of(coachhouse.clock() - interval '1512 hours');
  last := coachhouse.week_of(coachhouse.clock() + (SELECT horizon_days FROM coachhouse.site) * interval '24 hours' + interval '168 hours');
END $$;

-- What the weeks of a coach that touch a span ought to hold: those stored, and those
-- that ought to be.
CREATE FUNCTION weeks_computed(who bigint, since timestamptz, until timestamptz)
RETURNS TABLE (week timestamptz, open tstzmultirange, free tstzmultirange) LANGUAGE plpgsql STABLE AS $$
DECLARE
  whole record := coachhouse.stored_weeks();
  weeks timestamptz[] := ARRAY(
    SELECT w FROM generate_series(greatest(coachhouse.week_of(since), whole.first), least(coachhouse.week_of(until), whole.last), interval '168 hours') w
    UNION SELECT f.week FROM coachhouse.free_week f WHERE f.coach = who AND f.week > since - interval '168 hours' AND f.week < until
    ORDER BY 1);
  since_ timestamptz := weeks[1];
  until_ timestamptz := weeks[cardinality(weeks)] + interval '168 hours';
  published tstzmultirange := coachhouse.published(who, since_, until_) - coachhouse.away_time(who, since_, until_);
  left_ tstzmultirange := published - coachhouse.taken_time(who, since_, until_, coachhouse.buffer_of(who), NULL);
BEGIN
  RETURN QUERY SELECT w, published * s, left_ * s
    FROM unnest(weeks) w, LATERAL (SELECT tstzmultirange(tstzrange(w, w + interval '168 hours'))) span (s);
END $$;

-- Stores them. How many were not so before.
CREATE FUNCTION store_weeks(who bigint, since timestamptz, until timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  changed int;
BEGIN
  PERFORM pg_advisory_xact_lock(who);
  INSERT INTO coachhouse.free_week AS f (coach, week, open, free)
    SELECT who, c.week, c.open, c.free FROM coachhouse.weeks_computed(who, since, until) c
    ON CONFLICT (coach, week) DO UPDATE SET open = excluded.open, free = excluded.free
      WHERE f.open <> excluded.open OR f.free <> excluded.free;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;

-- A time is claimed: nothing needs computing, and nothing happens to who is no coach.
-- (No WHEN, here and below: PostgreSQL reads such a condition anew for each statement.)
CREATE FUNCTION free_taken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
DECLARE
  buffer int;
  taken tstzrange;
BEGIN
  SELECT buffer_minutes INTO buffer FROM registration WHERE person = NEW.person AND NEW.live;
  IF FOUND THEN
    taken := tstzrange(NEW.starts - make_interval(mins => buffer), NEW.ends + make_interval(mins => buffer));
    UPDATE free_week f SET free = f.free - tstzmultirange(taken)
      WHERE f.coach = NEW.person AND f.week > lower(taken) - interval '168 hours' AND f.week < upper(taken);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER free_taken AFTER INSERT ON participation FOR EACH ROW EXECUTE FUNCTION free_taken();

-- Times are given up, or moved: what is free around them depends on their neighbours.
CREATE FUNCTION free_again(who bigint, buffer_minutes int, starts timestamptz, ends timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  buffer interval := make_interval(mins => buffer_minutes);
  since timestamptz := starts - buffer;
  until timestamptz := ends + buffer;
  touched tstzmultirange := tstzmultirange(tstzrange(since, until));
  taken tstzmultirange := coachhouse.taken_time(who, since, until, buffer, NULL);
BEGIN
  UPDATE coachhouse.free_week f SET free = f.free - touched + (f.open * touched - taken)
    WHERE f.coach = who AND f.week > since - interval '168 hours' AND f.week < until;
END $$;

CREATE FUNCTION free_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
BEGIN
  PERFORM free_again(g.person, r.buffer_minutes, g.starts, g.ends) FROM gone g JOIN registration r ON r.person = g.person WHERE g.live;
  IF TG_OP = 'UPDATE' THEN
    PERFORM free_again(a.person, r.buffer_minutes, a.starts, a.ends) FROM added a JOIN registration r ON r.person = a.person WHERE a.live;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER free_moved AFTER UPDATE ON participation REFERENCING OLD TABLE AS gone NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION free_moved();
CREATE TRIGGER free_gone AFTER DELETE ON participation REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION free_moved();

-- Hours change: the coaches of a statement, each once, in the order of their locks.
CREATE FUNCTION hours_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
BEGIN
  PERFORM store_weeks(c.coach, '-infinity', 'infinity') FROM (SELECT DISTINCT coach FROM changed ORDER BY coach) c;
  RETURN NULL;
END $$;
CREATE TRIGGER hours_added AFTER INSERT ON pattern REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION hours_changed();
CREATE TRIGGER hours_changed AFTER UPDATE ON pattern REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION hours_changed();
CREATE TRIGGER hours_gone AFTER DELETE ON pattern REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION hours_changed();

-- Openings and time away: the weeks that they touch.
CREATE FUNCTION exception_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM store_weeks(OLD.coach, OLD.starts, OLD.ends);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM store_weeks(NEW.coach, NEW.starts, NEW.ends);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER opening_changed AFTER INSERT OR UPDATE OR DELETE ON opening
  FOR EACH ROW EXECUTE FUNCTION exception_changed();
CREATE TRIGGER away_added AFTER INSERT OR DELETE ON away FOR EACH ROW EXECUTE FUNCTION exception_changed();
CREATE TRIGGER away_changed AFTER UPDATE OF coach, starts, ends, cancelled ON away
  FOR EACH ROW EXECUTE FUNCTION exception_changed();

CREATE FUNCTION buffer_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
BEGIN
  PERFORM store_weeks(NEW.person, '-infinity', 'infinity');
  RETURN NULL;
END $$;
CREATE TRIGGER buffer_changed AFTER UPDATE OF buffer_minutes ON registration FOR EACH ROW
  WHEN (OLD.buffer_minutes <> NEW.buffer_minutes) EXECUTE FUNCTION buffer_changed();

-- A session's minutes go to its week and month, and those of before go from theirs.
CREATE FUNCTION given_added() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO given AS g SELECT NEW.coach, u.period::given_period, date_trunc(u.period, NEW.starts AT TIME ZONE p.zone), NEW.minutes
    FROM person p, (VALUES ('week'), ('month')) u (period) WHERE p.id = NEW.coach AND NEW.live
    ON CONFLICT (coach, period, first) DO UPDATE SET minutes = g.minutes + excluded.minutes;
  RETURN NULL;
END $$;

CREATE FUNCTION given_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
BEGIN
  UPDATE given g SET minutes = g.minutes - OLD.minutes FROM person p, (VALUES ('week'), ('month')) u (period)
    WHERE p.id = OLD.coach AND OLD.live AND g.coach = p.id AND g.period = u.period::given_period
      AND g.first = date_trunc(u.period, OLD.starts AT TIME ZONE p.zone)::date;
  RETURN NULL;
END $$;
CREATE TRIGGER given_added AFTER INSERT OR UPDATE OF coach, state, starts, minutes ON session FOR EACH ROW EXECUTE FUNCTION given_added();
CREATE TRIGGER given_gone AFTER DELETE OR UPDATE OF coach, state, starts, minutes ON session FOR EACH ROW EXECUTE FUNCTION given_gone();

-- What a coach's counts ought to be.
CREATE FUNCTION given_computed(who bigint) RETURNS TABLE (period given_period, first date, minutes int) LANGUAGE sql STABLE AS $$
  SELECT u.period::coachhouse.given_period, date_trunc(u.period, s.starts AT TIME ZONE p.zone)::date, sum(s.minutes)::int
  FROM coachhouse.session s, coachhouse.person p, unnest('{week,month}'::text[]) u (period)
  WHERE s.coach = who AND s.live AND p.id = who GROUP BY 1, 2
$$;

-- Stores them. How many were not so before.
CREATE FUNCTION store_given(who bigint) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  changed int;
  gone int;
BEGIN
  PERFORM pg_advisory_xact_lock(who);
  DELETE FROM coachhouse.given g WHERE g.coach = who
    AND NOT EXISTS (SELECT FROM coachhouse.given_computed(who) c WHERE (c.period, c.first) = (g.period, g.first));
  GET DIAGNOSTICS gone = ROW_COUNT;
  INSERT INTO coachhouse.given AS g SELECT who, c.* FROM coachhouse.given_computed(who) c
    ON CONFLICT (coach, period, first) DO UPDATE SET minutes = excluded.minutes WHERE g.minutes <> excluded.minutes;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed + gone;
END $$;

CREATE FUNCTION home_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
BEGIN
  PERFORM store_given(NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER home_changed AFTER UPDATE OF zone ON person FOR EACH ROW
  WHEN (OLD.zone <> NEW.zone) EXECUTE FUNCTION home_changed();

INSERT INTO given SELECT s.coach, u.period::given_period, date_trunc(u.period, s.starts AT TIME ZONE p.zone)::date, sum(s.minutes)
  FROM session s JOIN person p ON p.id = s.coach, unnest('{week,month}'::text[]) u (period) WHERE s.live GROUP BY 1, 2, 3;

-- The rules of each zone in which somebody has hours, as PostgreSQL knew them when
-- free time was computed: each offset from UTC, and from when.
CREATE TABLE zone_rule (
  zone text PRIMARY KEY,
  since timestamptz NOT NULL,
  until timestamptz NOT NULL,
  rules text NOT NULL
);
ALTER TABLE zone_rule ENABLE ROW LEVEL SECURITY;
CREATE POLICY administrators ON zone_rule FOR SELECT USING ((SELECT administers()));
