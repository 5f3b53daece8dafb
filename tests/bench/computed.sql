-- Free time worked out anew for each search, from patterns, openings, time away and
-- participations: what the stored one is measured against. It stays as it is here.
CREATE SCHEMA IF NOT EXISTS computed;
GRANT USAGE ON SCHEMA computed TO coachhouse_server;
SET search_path = computed, coachhouse, pg_catalog;

CREATE OR REPLACE FUNCTION midnight(day date, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT day::timestamp AT TIME ZONE zone
$$;

CREATE OR REPLACE FUNCTION published(who bigint, since timestamptz, until timestamptz) RETURNS tstzmultirange
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

CREATE OR REPLACE FUNCTION away_time(who bigint, since timestamptz, until timestamptz) RETURNS tstzmultirange
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(range_agg(tstzrange(starts, ends)), '{}') FROM away
    WHERE coach = who AND cancelled IS NULL AND ends > since AND starts < until);
END $$;

CREATE OR REPLACE FUNCTION taken_time(who bigint, since timestamptz, until timestamptz, buffer interval, ignoring bigint)
RETURNS tstzmultirange
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(range_agg(tstzrange(starts - buffer, ends + buffer)), '{}') FROM participation
    WHERE person = who AND live AND starts < until + buffer AND starts > since - buffer - interval '12 hours'
      AND ends > since - buffer AND session IS DISTINCT FROM ignoring);
END $$;

CREATE OR REPLACE FUNCTION buffer_of(who bigint) RETURNS interval LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce((SELECT make_interval(mins => buffer_minutes) FROM registration WHERE person = who), '0'));
END $$;

CREATE OR REPLACE FUNCTION bookable_span(who bigint) RETURNS tstzrange LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT tstzrange(first, greatest(first, least(clock() + make_interval(days => (SELECT horizon_days FROM site)),
      midnight(p.left_on + 1, p.zone))))
    FROM registration r JOIN person p ON p.id = r.person,
      LATERAL (SELECT clock() + make_interval(secs => r.notice_hours * 3600)) n (first)
    WHERE r.person = who AND r.state = 'live');
END $$;

CREATE OR REPLACE FUNCTION free_time(who bigint, mentee bigint, since timestamptz, until timestamptz, ignoring bigint DEFAULT NULL)
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

CREATE OR REPLACE FUNCTION pledge_year(day date) RETURNS daterange LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT daterange(starts, (starts + interval '1 year')::date) FROM (
      SELECT make_date(extract(year FROM day)::int - CASE WHEN extract(month FROM day) < pledge_year_month THEN 1 ELSE 0 END,
        pledge_year_month, 1) FROM site) y (starts));
END $$;

CREATE OR REPLACE FUNCTION minutes_given(who bigint, since timestamptz, until timestamptz, ignoring bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(sum(minutes), 0) FROM session
    WHERE coach = who AND live AND starts >= since AND starts < until AND id IS DISTINCT FROM ignoring);
END $$;

CREATE OR REPLACE FUNCTION limit_reached(who bigint, at timestamptz, more int, by_coach boolean, ignoring bigint) RETURNS text
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

CREATE OR REPLACE FUNCTION slots_of(who bigint, mentee bigint, since timestamptz, until timestamptz, minutes int,
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
