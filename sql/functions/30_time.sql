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

CREATE FUNCTION checked_date(day text, field text) RETURNS date LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF day IS NOT NULL AND day !~ '^\d{4}-\d{2}-\d{2}$' THEN
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

-- Published hours: weekly patterns expanded edge by edge on the day, and openings.
CREATE FUNCTION published(who bigint, since timestamptz, until timestamptz) RETURNS tstzmultirange
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(range_agg(span), '{}') * tstzmultirange(tstzrange(since, until)) FROM (
      SELECT tstzrange(edge.opens, edge.closes) FROM pattern p
        CROSS JOIN LATERAL generate_series(greatest((since AT TIME ZONE p.zone)::date - 1, p.valid_from),
          least((until AT TIME ZONE p.zone)::date, p.valid_to), interval '1 day') day
        CROSS JOIN LATERAL (SELECT (day::date + p.opens) AT TIME ZONE p.zone,
          (day::date + p.closes + CASE WHEN p.closes <= p.opens THEN interval '1 day' ELSE '0' END) AT TIME ZONE p.zone)
          edge (opens, closes)
        WHERE p.coach = who AND extract(isodow FROM day) = p.weekday AND edge.opens < edge.closes
      UNION ALL
      SELECT tstzrange(starts, ends) FROM opening
        WHERE coach = who AND starts < until AND starts > since - interval '24 hours'
    ) spans (span));
END $$;

CREATE FUNCTION away_time(who bigint, since timestamptz, until timestamptz) RETURNS tstzmultirange
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(range_agg(tstzrange(starts, ends)), '{}') FROM away
    WHERE coach = who AND cancelled IS NULL AND ends > since AND starts < until);
END $$;

-- What is taken, with a buffer before and after. No participation is longer
-- than 12 hours (session's check), so the index is entered at a start.
CREATE FUNCTION taken_time(who bigint, since timestamptz, until timestamptz, buffer interval, ignoring bigint)
RETURNS tstzmultirange
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(range_agg(tstzrange(starts - buffer, ends + buffer)), '{}') FROM participation
    WHERE person = who AND live AND starts < until + buffer AND starts > since - buffer - interval '12 hours'
      AND ends > since - buffer AND session IS DISTINCT FROM ignoring);
END $$;

CREATE FUNCTION buffer_of(who bigint) RETURNS interval LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce((SELECT make_interval(mins => buffer_minutes) FROM registration WHERE person = who), '0'));
END $$;

-- When a coach can be booked: after the notice, up to the horizon or their last day.
CREATE FUNCTION bookable_span(who bigint) RETURNS tstzrange LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT tstzrange(first, greatest(first, least(clock() + make_interval(days => (SELECT horizon_days FROM site)),
      midnight(p.left_on + 1, p.zone))))
    FROM registration r JOIN person p ON p.id = r.person,
      LATERAL (SELECT clock() + make_interval(secs => r.notice_hours * 3600)) n (first)
    WHERE r.person = who AND r.state = 'live');
END $$;

-- Free time of a coach, and of a mentee when one is given. Called within why_not
-- and slots_of, which see across people.
CREATE FUNCTION free_time(who bigint, mentee bigint, since timestamptz, until timestamptz, ignoring bigint DEFAULT NULL)
RETURNS tstzmultirange LANGUAGE plpgsql STABLE AS $$
DECLARE
  free tstzmultirange := published(who, since, until) * coalesce(tstzmultirange(bookable_span(who)), '{}');
BEGIN
  IF isempty(free) THEN
    RETURN free;
  END IF;
  free := free - away_time(who, since, until) - taken_time(who, since, until, buffer_of(who), ignoring);
  RETURN CASE WHEN mentee IS NULL THEN free ELSE free - taken_time(mentee, since, until, '0', ignoring) END;
END $$;

-- The pledge year that a day is in.
CREATE FUNCTION pledge_year(day date) RETURNS daterange LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT daterange(starts, (starts + interval '1 year')::date) FROM (
      SELECT make_date(extract(year FROM day)::int - CASE WHEN extract(month FROM day) < pledge_year_month THEN 1 ELSE 0 END,
        pledge_year_month, 1) FROM site) y (starts));
END $$;

-- Minutes that a coach gives between two instants: booked, or held.
CREATE FUNCTION minutes_given(who bigint, since timestamptz, until timestamptz, ignoring bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(sum(minutes), 0) FROM session
    WHERE coach = who AND live AND starts >= since AND starts < until AND id IS DISTINCT FROM ignoring);
END $$;

-- The weekly limit and the pledge, at an instant. The coach may give more than pledged.
CREATE FUNCTION limit_reached(who bigint, at timestamptz, more int, by_coach boolean, ignoring bigint) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  r registration;
  home text := (SELECT zone FROM person WHERE id = who);
  monday date := date_trunc('week', at AT TIME ZONE home)::date;
  year daterange := pledge_year((at AT TIME ZONE home)::date);
BEGIN
  SELECT * INTO r FROM registration WHERE person = who;
  IF r.weekly_hours IS NOT NULL
      AND minutes_given(who, midnight(monday, home), midnight(monday + 7, home), ignoring) + more > r.weekly_hours * 60 THEN
    RETURN 'WEEKLY_LIMIT_REACHED';
  ELSIF r.pledge_hours IS NOT NULL AND NOT by_coach
      AND minutes_given(who, midnight(lower(year), home), midnight(upper(year), home), ignoring) + more
      > r.pledge_hours * 60 THEN
    RETURN 'PLEDGE_REACHED';
  END IF;
  RETURN NULL;
END $$;

-- Engagements that a coach can still open; NULL: no limit. An open offer keeps a
-- place, but not from the one who accepts: `accepting` counts engagements alone.
CREATE FUNCTION places_left(who bigint, ignoring bigint DEFAULT NULL, accepting boolean DEFAULT false) RETURNS int
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  RETURN (SELECT CASE WHEN r.client_limit IS NOT NULL THEN greatest(0, r.client_limit
      - (SELECT count(*) FROM engagement WHERE coach = who AND state IN ('proposed', 'active', 'paused'))
      - (SELECT count(*) FROM request WHERE coach = who AND state = 'offered' AND offer_expires > clock()
          AND engagement IS NULL AND id IS DISTINCT FROM ignoring AND NOT accepting))::int END
    FROM registration r WHERE r.person = who);
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
  r registration;
BEGIN
  SELECT * INTO r FROM registration WHERE person = who;
  IF r.state IS DISTINCT FROM 'live' THEN
    RETURN 'COACH_NOT_LIVE';
  ELSIF since < clock() THEN
    RETURN 'IN_THE_PAST';
  ELSIF until - since > make_interval(mins => (SELECT longest_minutes FROM site)) THEN
    RETURN 'TOO_LONG';
  ELSIF NOT lifted AND wanted <@ free_time(who, mentee, since, until, ignoring) THEN
    RETURN limit_reached(who, since, (extract(epoch FROM until - since) / 60)::int, by_coach, ignoring);
  ELSIF NOT isempty(taken_time(who, since, until, buffer_of(who), ignoring)) THEN
    RETURN 'SLOT_TAKEN';
  ELSIF NOT isempty(taken_time(mentee, since, until, '0', ignoring)) THEN
    RETURN 'MENTEE_BUSY';
  ELSIF lifted THEN
    RETURN NULL;
  ELSIF since < lower(bookable_span(who)) THEN
    RETURN 'TOO_SOON';
  ELSIF until > upper(bookable_span(who)) THEN
    RETURN 'TOO_FAR';
  ELSIF away_time(who, since, until) && wanted THEN
    RETURN 'AWAY';
  END IF;
  RETURN 'OUTSIDE_AVAILABILITY';
END $$;

-- Slots: every start on the grid, and each beginning of free time, that can be
-- booked for so many minutes. The same free time and limits as why_not.
CREATE FUNCTION slots_of(who bigint, mentee bigint, since timestamptz, until timestamptz, minutes int,
  by_coach boolean, most int) RETURNS TABLE (starts timestamptz, ends timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  length interval := make_interval(mins => minutes);
  grid interval := make_interval(mins => (SELECT slot_minutes FROM site));
  home text := (SELECT zone FROM person WHERE id = who);
  free tstzmultirange;
  week record;
BEGIN
  IF length > make_interval(mins => (SELECT longest_minutes FROM site)) THEN
    RETURN;
  END IF;
  free := free_time(who, mentee, since, until + length);  -- the last may end later
  -- A limit holds for a week, or for what is left of a pledge year in it.
  FOR week IN SELECT d.at, lead(d.at, 1, until) OVER (ORDER BY d.at) AS next FROM (
      SELECT since AS at
      UNION SELECT midnight(day::date, home) FROM generate_series(date_trunc('week', since AT TIME ZONE home) + interval '7 days',
        until AT TIME ZONE home, interval '7 days') day
      UNION SELECT midnight(upper(pledge_year((since AT TIME ZONE home)::date)), home)
    ) d WHERE d.at < until ORDER BY 1 LOOP
    CONTINUE WHEN most <= 0 OR isempty(free * tstzmultirange(tstzrange(week.at, week.next)))
      OR limit_reached(who, week.at, minutes, by_coach, NULL) IS NOT NULL;
    FOR starts IN SELECT DISTINCT s FROM unnest(free) span
        CROSS JOIN LATERAL (SELECT lower(span) WHERE extract(second FROM lower(span)) = 0
            AND extract(minute FROM lower(span))::int % 5 = 0
          UNION ALL SELECT generate_series(date_bin(grid, greatest(lower(span), week.at) + grid - interval '1 microsecond', '2000-01-01Z'),
            least(upper(span) - length, week.next), grid)) g (s)
        WHERE s >= week.at AND s < week.next AND s >= lower(span) AND s + length <= upper(span)
        ORDER BY s LIMIT most LOOP
      ends := starts + length;
      most := most - 1;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END $$;
