-- Instants, and free time: the one thing that slots and booking both read.

-- An instant from "2026-11-17T10:00" in a zone, or one with Z or an offset.
-- Nothing shifts silently: a wall time that does not exist, or happens twice,
-- is refused.
CREATE FUNCTION instant(start text, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  wall timestamp;
  at timestamptz;
  other timestamptz;
BEGIN
  IF start IS NULL OR start !~ '^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})?$' THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_TIME', 'Write the start as 2026-11-17T10:00.', 'start');
  END IF;
  BEGIN
    IF start ~ '(Z|[+-]\d{2}:?\d{2})$' THEN
      RETURN start::timestamptz;
    END IF;
    wall := start::timestamp;
  EXCEPTION WHEN data_exception THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_TIME', format('There is no %s: write the start as 2026-11-17T10:00.', start), 'start');
  END;
  at := wall AT TIME ZONE zone;
  IF at AT TIME ZONE zone <> wall THEN
    PERFORM refuse('INVALID_ARGUMENT NONEXISTENT_TIME',
      format('%s does not exist in %s: the clocks go forward then. Choose another time.', replace(start, 'T', ' '), zone), 'start');
  END IF;
  SELECT at + d INTO other FROM unnest('{-2h,-1h,-30m,30m,1h,2h}'::interval[]) d WHERE (at + d) AT TIME ZONE zone = wall;
  IF other IS NOT NULL THEN
    PERFORM refuse('INVALID_ARGUMENT AMBIGUOUS_TIME',
      format('%s happens twice in %s, since the clocks go back: say %s or %s.', replace(start, 'T', ' '), zone,
        to_char(least(at, other) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
        to_char(greatest(at, other) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')), 'start');
  END IF;
  RETURN at;
END $$;

CREATE FUNCTION checked_date(day text, field text) RETURNS date LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF day !~ '^\d{4}-\d{2}-\d{2}$' THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_DATE', 'Write the date as 2026-11-17.', field);
  END IF;
  RETURN day::date;
EXCEPTION WHEN datetime_field_overflow THEN
  PERFORM refuse('INVALID_ARGUMENT BAD_DATE', format('There is no %s.', day), field);
END $$;

-- Local midnight.
CREATE FUNCTION midnight(day date, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT day::timestamp AT TIME ZONE zone
$$;

-- What a coach's bookings keep to, read once for each question: when they can be booked
-- (after the notice, up to the horizon or their last day), and minutes for the weekly
-- limit and the pledge. No row when the coach takes no bookings. (OFFSET 0, here and below:
-- else PostgreSQL writes each expression out wherever it is used, and works it out there.)
CREATE TYPE terms AS (coach bigint, zone text, span tstzrange, weekly double precision, pledge double precision,
  pledge_year_month int, grid interval, longest_minutes int);

CREATE FUNCTION terms_of(who bigint) RETURNS SETOF terms LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT r.person, p.zone,
    tstzrange(n.first, greatest(n.first, least(clock() + make_interval(days => s.horizon_days), midnight(p.left_on + 1, p.zone)))),
    r.weekly_hours * 60, r.pledge_hours * 60, s.pledge_year_month, make_interval(mins => s.slot_minutes), s.longest_minutes
  FROM registration r JOIN person p ON p.id = r.person, site s,
    LATERAL (SELECT clock() + make_interval(secs => r.notice_hours * 3600)) n (first)
  WHERE r.person = who AND r.state = 'live' OFFSET 0
$$;

-- Free time of a coach as it follows from hours, time away and sessions: what is
-- stored for each week (see schema/0014_free_weeks.sql) is never anything else.
CREATE FUNCTION free_time_computed(who bigint, since timestamptz, until timestamptz, ignoring bigint DEFAULT NULL)
RETURNS tstzmultirange LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN published(who, since, until) - away_time(who, since, until) - taken_time(who, since, until, buffer_of(who), ignoring);
END $$;

-- The same from the weeks that are stored; NULL when one is missing.
CREATE FUNCTION free_time_stored(who bigint, since timestamptz, until timestamptz) RETURNS SETOF tstzmultirange LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT range_agg(f.free) * tstzmultirange(tstzrange(since, until)) FROM free_week f
  WHERE f.coach = who AND f.week > since - interval '168 hours' AND f.week < until
  HAVING count(*) * interval '168 hours' >= until - week_of(since)
$$;

-- Free time of a coach that can be booked, and of a mentee when one is given: from what is
-- stored, but for what is missing there, or when a session is to be ignored. Called within
-- why_not, slots_of and next_free, which see across people.
CREATE FUNCTION free_time(t terms, mentee bigint, since timestamptz, until timestamptz, ignoring bigint DEFAULT NULL)
RETURNS SETOF tstzmultirange LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT CASE WHEN mentee IS NULL THEN f.free ELSE f.free - taken_time(mentee, lower(s.span), upper(s.span), '0', ignoring) END
  FROM (SELECT t.span * tstzrange(since, until) OFFSET 0) s (span),
    LATERAL (SELECT coalesce((SELECT w.free FROM free_time_stored(t.coach, lower(s.span), upper(s.span)) w (free) WHERE ignoring IS NULL),
      free_time_computed(t.coach, lower(s.span), upper(s.span), ignoring)) OFFSET 0) f (free)
  WHERE NOT isempty(s.span) OFFSET 0
$$;

-- The pledge year that a day is in, when years begin with a month.
CREATE FUNCTION pledge_year(day date, month int) RETURNS daterange LANGUAGE sql IMMUTABLE AS $$
  SELECT daterange(make_date(date_part('year', day)::int - (date_part('month', day) < month)::int, month, 1),
    make_date(date_part('year', day)::int - (date_part('month', day) < month)::int + 1, month, 1))
$$;

CREATE FUNCTION pledge_year(day date) RETURNS daterange LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT pledge_year(day, pledge_year_month) FROM site);
END $$;

-- Minutes that a coach gives between two instants: booked, or held.
CREATE FUNCTION minutes_given(who bigint, since timestamptz, until timestamptz, ignoring bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(sum(minutes), 0) FROM session
    WHERE coach = who AND live AND starts >= since AND starts < until AND id IS DISTINCT FROM ignoring);
END $$;

-- The same between two days of the coach's zone, from the counts that are kept: by
-- weeks from a Monday, or by months from a first.
CREATE FUNCTION minutes_counted(who bigint, kind given_period, days daterange, home text, ignoring bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  counted bigint := (SELECT coalesce(sum(minutes), 0) FROM given WHERE coach = who AND period = kind AND first >= lower(days) AND first < upper(days));
BEGIN
  IF ignoring IS NULL THEN
    RETURN counted;
  END IF;
  RETURN counted - coalesce((SELECT minutes FROM session
    WHERE id = ignoring AND coach = who AND live AND (starts AT TIME ZONE home)::date <@ days), 0);
END $$;

-- The weekly limit and the pledge, at an instant. The coach may give more than pledged.
CREATE FUNCTION limit_reached(t terms, at timestamptz, more int, by_coach boolean, ignoring bigint) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  day date := (at AT TIME ZONE t.zone)::date;
  monday date := day + 1 - extract(isodow FROM day)::int;
BEGIN
  IF t.weekly IS NOT NULL AND minutes_counted(t.coach, 'week', daterange(monday, monday + 7), t.zone, ignoring) + more > t.weekly THEN
    RETURN 'WEEKLY_LIMIT_REACHED';
  ELSIF t.pledge IS NOT NULL AND NOT by_coach
      AND minutes_counted(t.coach, 'month', pledge_year(day, t.pledge_year_month), t.zone, ignoring) + more > t.pledge THEN
    RETURN 'PLEDGE_REACHED';
  END IF;
  RETURN NULL;
END $$;

-- Engagements that a coach can still open; NULL: no limit. An open offer keeps a
-- place, but not from the one who accepts: `accepting` counts engagements alone.
CREATE FUNCTION places_left(who bigint, ignoring bigint DEFAULT NULL, accepting boolean DEFAULT false) RETURNS int
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  most int := (SELECT client_limit FROM registration WHERE person = who);
BEGIN
  IF most IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN greatest(0, most
    - (SELECT count(*) FROM engagement WHERE coach = who AND state IN ('proposed', 'active', 'paused'))
    - (SELECT count(*) FROM request WHERE coach = who AND state = 'offered' AND offer_expires > clock()
        AND engagement IS NULL AND id IS DISTINCT FROM ignoring AND NOT accepting));
END $$;

-- Whether either of two people has another session then, and nothing more of it.
CREATE FUNCTION either_taken(one bigint, other bigint, since timestamptz, until timestamptz, ignoring bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  RETURN NOT isempty(taken_time(one, since, until, '0', ignoring)) OR NOT isempty(taken_time(other, since, until, '0', ignoring));
END $$;

-- Why a time cannot be booked; NULL: it can. `lifted`: an administrator's
-- override, which lifts hours, notice and limits, and neither overlaps nor buffers.
CREATE FUNCTION why_not(who bigint, mentee bigint, since timestamptz, until timestamptz, by_coach boolean,
  lifted boolean, ignoring bigint) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  wanted tstzrange := tstzrange(since, until);
  t terms;
BEGIN
  SELECT * INTO t FROM terms_of(who);
  IF t.coach IS NULL THEN
    RETURN 'COACH_NOT_LIVE';
  ELSIF since < clock() THEN
    RETURN 'IN_THE_PAST';
  ELSIF until - since > make_interval(mins => t.longest_minutes) THEN
    RETURN 'TOO_LONG';
  ELSIF NOT lifted AND wanted <@ (SELECT f.free FROM free_time(t, mentee, since, until, ignoring) f (free)) THEN
    RETURN limit_reached(t, since, (extract(epoch FROM until - since) / 60)::int, by_coach, ignoring);
  ELSIF NOT isempty(taken_time(who, since, until, buffer_of(who), ignoring)) THEN
    RETURN 'SLOT_TAKEN';
  ELSIF NOT isempty(taken_time(mentee, since, until, '0', ignoring)) THEN
    RETURN 'MENTEE_BUSY';
  ELSIF lifted THEN
    RETURN NULL;
  ELSIF since < lower(t.span) THEN
    RETURN 'TOO_SOON';
  ELSIF until > upper(t.span) THEN
    RETURN 'TOO_FAR';
  ELSIF away_time(who, since, until) && wanted THEN
    RETURN 'AWAY';
  END IF;
  RETURN 'OUTSIDE_AVAILABILITY';
END $$;

-- Where so many minutes more are beyond a limit: whole weeks and pledge years. NULL: nowhere.
CREATE FUNCTION limited_time(t terms, since timestamptz, until timestamptz, more int, by_coach boolean) RETURNS SETOF tstzmultirange
LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT range_agg(tstzrange(midnight(l.first, t.zone), midnight(l.next, t.zone)))
  FROM (SELECT (since AT TIME ZONE t.zone)::date, (until AT TIME ZONE t.zone)::date OFFSET 0) d (first, last), LATERAL (
    SELECT g.first, g.first + 7 FROM given g
      WHERE t.weekly IS NOT NULL AND g.coach = t.coach AND g.period = 'week' AND g.first > d.first - 7 AND g.first <= d.last AND g.minutes + more > t.weekly
    UNION ALL SELECT lower(y.year), upper(y.year) FROM generate_series(0, (d.last - d.first) / 365 + 1) n,
        LATERAL (SELECT pledge_year((d.first + make_interval(years => n))::date, t.pledge_year_month) OFFSET 0) y (year)
      WHERE t.pledge IS NOT NULL AND NOT by_coach AND lower(y.year) <= d.last AND more + (SELECT coalesce(sum(g.minutes), 0) FROM given g
        WHERE g.coach = t.coach AND g.period = 'month' AND g.first >= lower(y.year) AND g.first < upper(y.year)) > t.pledge
    UNION ALL SELECT '-infinity', 'infinity' WHERE more > t.weekly) l (first, next)
$$;

-- Slots: every start on the grid, and each beginning of free time, that can be
-- booked for so many minutes. The same free time and limits as why_not.
CREATE FUNCTION slots(who bigint, mentee bigint, since timestamptz, until timestamptz, minutes int, by_coach boolean)
RETURNS SETOF timestamptz LANGUAGE sql STABLE AS $$
  -- Spans come in order, and the starts of each: nothing is left to sort, and the
  -- first few cost no more than they are. Of the grid, the start before a span
  -- stands for its beginning.
  SELECT s.start FROM terms_of(who) t, LATERAL (SELECT make_interval(mins => minutes) OFFSET 0) m (length),
    LATERAL free_time(t, mentee, since, until + m.length) f (free),  -- the last may end later
    LATERAL limited_time(t, since, until, minutes, by_coach) l (limited),
    LATERAL (SELECT g.first, greatest(g.first, lower(g.span)), upper(g.span) - m.length FROM (
      SELECT u.span, generate_series(date_bin(t.grid, lower(u.span), '2000-01-01Z'), upper(u.span) - m.length, t.grid)
        FROM (SELECT unnest(f.free)) u (span)) g (span, first) OFFSET 0) s (first, start, last)
  WHERE minutes <= t.longest_minutes AND since < until
    AND (s.first = s.start OR date_bin('5 minutes', s.start, '2000-01-01Z') = s.start)
    AND s.start <= s.last AND s.start < until AND (l.limited IS NULL OR NOT s.start <@ l.limited)
$$;

CREATE FUNCTION slots_of(who bigint, mentee bigint, since timestamptz, until timestamptz, minutes int,
  by_coach boolean, most int) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN ARRAY(SELECT * FROM slots(who, mentee, since, until, minutes, by_coach) LIMIT most);
END $$;

-- The next slot of each of some coaches, in their order; not of more than are enough.
CREATE FUNCTION next_free(coaches bigint[], until timestamptz, minutes int, enough int) RETURNS TABLE (coach bigint, starts timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN QUERY SELECT n.* FROM (
      SELECT c, (SELECT s FROM slots(c, NULL, clock(), until, minutes, false) s LIMIT 1) FROM unnest(coaches) c OFFSET 0) n (coach, starts)
    WHERE n.starts IS NOT NULL LIMIT enough;
END $$;
