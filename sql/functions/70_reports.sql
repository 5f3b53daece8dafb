-- Reports. Hours are elapsed hours; a session belongs to the period in which it
-- starts, and to the organisations of its people at that time.

CREATE FUNCTION hours(spans tstzmultirange) RETURNS double precision LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(sum(extract(epoch FROM upper(s) - lower(s))), 0) / 3600 FROM unnest(spans) s);
END $$;

CREATE FUNCTION percent(part double precision, whole double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN whole > 0 THEN round((100 * part / whole)::numeric, 1)::double precision END
$$;

CREATE TYPE report_period AS ("from" text, "to" text, zone text, definition text, made timestamptz,
  as_of timestamptz, behind_seconds int);

-- A report's period; refuses what is none.
CREATE FUNCTION period_of(since text, until text, zone text, definition text) RETURNS report_period
LANGUAGE plpgsql STABLE AS $$
DECLARE
  home text := coalesce(checked_zone(zone), (SELECT s.zone FROM site s));
  first date := checked_date(since, 'from');
  next date := checked_date(until, 'to');
BEGIN
  IF first IS NULL OR next IS NULL OR first >= next OR next - first > 3700 THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_PERIOD', 'A period has a first day and ends after it, within ten years.', 'from');
  END IF;
  -- The last two are told on a standby only.
  RETURN ROW(first::text, next::text, home, definition, clock(), nullif(current_setting('coachhouse.as_of', true), '')::timestamptz,
    nullif(current_setting('coachhouse.behind', true), '')::int)::report_period;
END $$;

-- What takes a coach's time: sessions to come and held, and those that were missed.
CREATE FUNCTION committed_time(who bigint, since timestamptz, until timestamptz) RETURNS tstzmultirange
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT taken_time(who, since, until, buffer_of(who), NULL) + coalesce((SELECT range_agg(tstzrange(starts, ends)) FROM session
      WHERE coach = who AND state IN ('mentee_missed', 'coach_missed') AND starts < until AND starts > since - interval '12 hours'), '{}'));
END $$;

-- The parts of a period: each in a pledge year, whose first and next day go with it.
CREATE FUNCTION parts_of(since timestamptz, until timestamptz, home text)
RETURNS TABLE (year daterange, first timestamptz, last timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT y.year, greatest(since, midnight(lower(y.year), home)), least(until, midnight(upper(y.year), home))
    FROM (SELECT pledge_year(day::date) FROM generate_series((since AT TIME ZONE home)::date,
        ((until AT TIME ZONE home) - interval '1 day')::date, interval '28 days') day
      UNION SELECT pledge_year(((until AT TIME ZONE home) - interval '1 day')::date)) y (year);
END $$;

-- R1 for one coach, computed: a period over two pledge years is the sum of its parts.
-- What is left of a pledge is as of the end of a period that is past.
CREATE FUNCTION capacity_of(who bigint, since timestamptz, until timestamptz, home text,
  OUT supply double precision, OUT free double precision, OUT pledge_left double precision, OUT can_give double precision)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  WITH figure AS (
    SELECT hours(open) AS supply, hours(open - committed_time(who, first, last)) AS free,
      r.pledge_hours - minutes_given(who, midnight(lower(year), home), CASE WHEN until < clock() THEN last ELSE midnight(upper(year), home) END,
        NULL) / 60.0 AS pledge_left
    FROM parts_of(since, until, home), registration r, LATERAL (SELECT published(who, first, last) - away_time(who, first, last)) o (open)
    WHERE r.person = who
  )
  SELECT sum(f.supply), sum(f.free), sum(left_), sum(least(f.free, left_)) INTO supply, free, pledge_left, can_give
  FROM figure f, LATERAL (SELECT CASE WHEN f.pledge_left < 0 THEN 0 ELSE f.pledge_left END) l (left_);
END $$;

-- The same for every coach, from stored weeks and counted months; computed for those
-- of whom a week is not there. Months are counted in the coach's zone, and whole.
CREATE FUNCTION capacities(since timestamptz, until timestamptz, home text)
RETURNS TABLE (coach bigint, supply double precision, free double precision, pledge_left double precision, can_give double precision)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- Bounds are worked out beforehand: below row security only what is compared with a
  -- value finds its way into an index.
  RETURN QUERY WITH part AS MATERIALIZED (
    SELECT p.first, p.last, tstzmultirange(tstzrange(p.first, p.last)) AS span, p.first - interval '168 hours' AS after,
      lower(p.year) AS year, d.next, extract(day FROM d.next) = 1 AS whole_months
    FROM parts_of(since, until, home) p, LATERAL (SELECT CASE WHEN until < clock() THEN (p.last AT TIME ZONE home)::date ELSE upper(p.year) END) d (next)
  ), missed AS MATERIALIZED (
    SELECT s.coach, range_agg(tstzrange(s.starts, s.ends)) AS spans FROM session s
    WHERE s.state IN ('mentee_missed', 'coach_missed') AND s.starts < until AND s.starts > since - interval '12 hours' GROUP BY s.coach
  ), figure AS MATERIALIZED (
    SELECT r.person, w.whole, w.supply, w.free, r.pledge_hours - CASE
        WHEN r.pledge_hours IS NULL THEN NULL
        WHEN p.whole_months AND home = (SELECT zone FROM person WHERE id = r.person) THEN
          (SELECT coalesce(sum(g.minutes), 0) FROM given g WHERE g.coach = r.person AND g.period = 'month' AND g.first >= p.year AND g.first < p.next)
        ELSE minutes_given(r.person, midnight(p.year, home), midnight(p.next, home), NULL) END / 60.0 AS pledge_left
    FROM registration r LEFT JOIN missed m ON m.coach = r.person CROSS JOIN part p CROSS JOIN LATERAL (
      SELECT count(*) * interval '168 hours' >= p.last - week_of(p.first) AS whole,
        (extract(epoch FROM sum((SELECT sum(upper(s) - lower(s)) FROM unnest(f.open * p.span) s))) / 3600)::double precision AS supply,
        (extract(epoch FROM sum((SELECT sum(upper(s) - lower(s)) FROM unnest(f.free * p.span - coalesce(m.spans, '{}')) s))) / 3600)::double precision AS free
      FROM free_week f WHERE f.coach = r.person AND f.week > p.after AND f.week < p.last) w
    WHERE state_at(r, until) NOT IN ('applied', 'left')  -- no report shows those, and their weeks are not stored
  )
  SELECT f.person, sum(coalesce(f.supply, 0)), sum(coalesce(f.free, 0)), sum(l.left_), sum(least(coalesce(f.free, 0), l.left_))
    FROM figure f, LATERAL (SELECT CASE WHEN f.pledge_left < 0 THEN 0 ELSE f.pledge_left END) l (left_)
    GROUP BY f.person HAVING bool_and(f.whole)
  UNION ALL SELECT f.person, c.* FROM (SELECT DISTINCT person FROM figure WHERE NOT whole) f, LATERAL capacity_of(f.person, since, until, home) c;
END $$;

-- By their ends too, which is what the index of those not closed is by: no session is
-- longer than 12 hours.
CREATE FUNCTION not_closed(since timestamptz, until timestamptz)
RETURNS TABLE (coach bigint, n int, hours double precision) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT s.coach, count(*)::int, (sum(s.minutes) / 60.0)::double precision FROM session s
    WHERE s.state = 'booked' AND s.ends < clock() AND s.ends > since AND s.ends < until + interval '12 hours'
      AND s.starts >= since AND s.starts < until GROUP BY s.coach;
END $$;

-- A coach's state at the end of a period: who has left since counts as before.
CREATE FUNCTION state_at(r registration, at timestamptz) RETURNS registration_state LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN r.state = 'left' AND r.left_at >= at THEN r.left_from ELSE r.state END
$$;

-- How many each coach could still take; NULL: no limit. As of the end of a period that
-- is past; an open offer keeps a place, as it does in places_left. Who had left by then, or
-- was not taken on, is in no report: nothing is counted for them.
CREATE FUNCTION places_at(at timestamptz) RETURNS TABLE (coach bigint, places int) LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- Those open now are counted coach by coach: below row security PostgreSQL takes them for
  -- half of all, and would read all.
  RETURN QUERY SELECT r.person, CASE WHEN r.client_limit IS NOT NULL THEN greatest(0, r.client_limit
      - (SELECT count(*) FROM engagement e WHERE e.coach = r.person AND e.state IN ('proposed', 'active', 'paused')
          AND (at > clock() OR e.proposed < at)) - coalesce(sum(t.n), 0)) END::int
    FROM registration r LEFT JOIN (
      SELECT e.coach, count(*) FROM engagement e WHERE at <= clock() AND e.ended >= at AND e.proposed < at
        AND e.state NOT IN ('proposed', 'active', 'paused') GROUP BY e.coach
      UNION ALL SELECT q.coach, count(*) FROM request q WHERE at > clock() AND q.state = 'offered' AND q.offer_expires > clock()
        AND q.engagement IS NULL GROUP BY q.coach
    ) t (coach, n) ON t.coach = r.person WHERE state_at(r, at) NOT IN ('applied', 'left') GROUP BY r.person;
END $$;

CREATE TYPE capacity_line AS (name text, coaches int, supply_hours double precision, free_hours double precision,
  pledge_left_hours double precision, real_hours double precision, places int, not_closed int,
  not_closed_hours double precision, state text);

CREATE FUNCTION report_capacity(since text, until text, zone text, by_ text,
  OUT period report_period, OUT lines capacity_line[], OUT total capacity_line, OUT without_pledge capacity_line)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  first timestamptz;
  last timestamptz;
  made record;
BEGIN
  period := period_of(since, until, zone, 'R1 capacity, version 1');
  first := midnight((period)."from"::date, (period).zone);
  last := midnight((period)."to"::date, (period).zone);
  WITH figure AS MATERIALIZED (
    SELECT r.person, state_at(r, last) AS state, r.pledge_hours IS NOT NULL AS pledged, c.*, l.places, n.n, n.hours AS open_hours,
      CASE by_ WHEN 'organisation' THEN o.name WHEN 'sector' THEN o.sector::text ELSE p.name END AS name
    FROM registration r JOIN capacities(first, last, (period).zone) c ON c.coach = r.person JOIN places_at(last) l ON l.coach = r.person
      JOIN person p ON p.id = r.person JOIN organisation o ON o.id = p.organisation
      LEFT JOIN not_closed(first, last) n ON n.coach = r.person
    WHERE state_at(r, last) NOT IN ('applied', 'left')
  ), grouped AS (
    SELECT ROW(f.name, count(*), sum(supply), sum(free), sum(pledge_left), sum(can_give), sum(places), coalesce(sum(n), 0),
        coalesce(sum(open_hours), 0), CASE WHEN pledged THEN f.state::text ELSE f.state || ', no pledge' END)::capacity_line AS line,
      f.state, pledged, f.name
    FROM figure f GROUP BY f.name, f.state, pledged, CASE WHEN coalesce(by_, 'coach') = 'coach' THEN f.person END
  ), summed AS (
    SELECT pledged, ROW(CASE WHEN pledged THEN 'all live' ELSE 'all live, no pledge' END, count(*), sum(supply), sum(free),
      sum(pledge_left), sum(can_give), sum(places), coalesce(sum(n), 0), coalesce(sum(open_hours), 0), 'live')::capacity_line AS line
    FROM figure WHERE state = 'live' GROUP BY pledged
  )
  SELECT (SELECT array_agg(g.line ORDER BY g.state, NOT g.pledged, g.name) FROM grouped g) AS lines,
    (SELECT s.line FROM summed s WHERE s.pledged) AS total,
    (SELECT s.line FROM summed s WHERE NOT s.pledged) AS without_pledge
    INTO made;
  lines := made.lines;
  total := coalesce(made.total, ROW('all live', 0, 0, 0, 0, 0, 0, 0, 0, 'live')::capacity_line);
  without_pledge := made.without_pledge;
END $$;

CREATE TYPE utilisation_line AS (name text, supply_hours double precision, delivered_hours double precision,
  committed_hours double precision, delivered_percent double precision, committed_percent double precision,
  pledge_percent double precision, pledge_hours double precision, delivered_year_hours double precision,
  not_closed int, not_closed_hours double precision);

CREATE FUNCTION delivered_hours(who bigint, since timestamptz, until timestamptz) RETURNS double precision LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(sum(minutes), 0) / 60.0 FROM session WHERE coach = who AND starts >= since AND starts < until AND state = 'attended');
END $$;

CREATE FUNCTION report_utilisation(since text, until text, zone text, by_ text,
  OUT period report_period, OUT lines utilisation_line[], OUT total utilisation_line)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  first timestamptz;
  last timestamptz;
  made record;
  year daterange;
  apart boolean := coalesce(by_ IN ('organisation', 'sector'), false);
BEGIN
  period := period_of(since, until, zone, 'R2 utilisation, version 1');
  first := midnight((period)."from"::date, (period).zone);
  last := midnight((period)."to"::date, (period).zone);
  year := pledge_year((period)."to"::date - 1);
  -- Coaches with their organisation, where they publish hours and have pledged, and
  -- those where they gave sessions in the period before they changed. By coach: one line.
  -- Who had left, and gave nothing, is not looked at. A late cancellation was committed.
  WITH given AS MATERIALIZED (
    SELECT s.coach, CASE WHEN apart THEN s.coach_organisation END AS place, sum(s.minutes) FILTER (WHERE s.state = 'attended') AS delivered,
      sum(s.minutes) FILTER (WHERE s.state IN ('booked', 'attended', 'mentee_missed', 'coach_missed') OR (s.state = 'cancelled' AND s.late)) AS committed
    FROM session s WHERE s.starts >= first AND s.starts < last GROUP BY 1, 2
  ), place AS (
    SELECT r.person AS coach, p.organisation AS place, true AS now FROM registration r JOIN person p ON p.id = r.person
      WHERE r.state <> 'applied' AND r.left_from IS DISTINCT FROM 'applied'
        AND (state_at(r, last) <> 'left' OR r.person IN (SELECT g.coach FROM given g WHERE g.committed > 0))
    UNION ALL
    SELECT g.coach, g.place, false FROM given g JOIN person p ON p.id = g.coach WHERE g.place <> p.organisation
  ), figure AS MATERIALIZED (
    SELECT c.coach AS person, CASE by_ WHEN 'organisation' THEN o.name WHEN 'sector' THEN o.sector::text ELSE p.name END AS name,
      CASE WHEN c.now THEN hours(published(c.coach, first, last) - away_time(c.coach, first, last)) ELSE 0 END AS supply,
      (coalesce(g.delivered, 0) / 60.0)::double precision AS delivered, (coalesce(g.committed, 0) / 60.0)::double precision AS committed,
      CASE WHEN c.now THEN delivered_hours(c.coach, midnight(lower(year), (period).zone),
        CASE WHEN last < clock() THEN last ELSE midnight(upper(year), (period).zone) END) ELSE 0 END AS in_year,
      CASE WHEN c.now THEN r.pledge_hours END AS pledge, n.n, n.hours AS open_hours
    FROM place c JOIN registration r ON r.person = c.coach JOIN person p ON p.id = c.coach JOIN organisation o ON o.id = c.place
      LEFT JOIN given g ON g.coach = c.coach AND (NOT apart OR g.place = c.place)
      LEFT JOIN not_closed(first, last) n ON n.coach = c.coach AND c.now
    WHERE state_at(r, last) <> 'left' OR g.committed > 0
  ), line AS (
    SELECT GROUPING(f.name) AS whole, f.name, ROW(coalesce(f.name, 'all'), sum(supply), sum(delivered), sum(committed),
      percent(sum(delivered), sum(supply)), percent(sum(committed), sum(supply)),
      percent(sum(in_year) FILTER (WHERE pledge IS NOT NULL), sum(pledge)), sum(pledge), sum(in_year), coalesce(sum(n), 0), coalesce(sum(open_hours), 0))::utilisation_line AS line
    FROM figure f GROUP BY GROUPING SETS ((f.name, CASE WHEN coalesce(by_, 'coach') = 'coach' THEN f.person END), ())
  )
  SELECT array_agg(l.line ORDER BY l.name) FILTER (WHERE whole = 0) AS lines,
    (array_agg(l.line) FILTER (WHERE whole = 1))[1] AS total INTO made FROM line l;
  lines := made.lines;
  total := made.total;
END $$;

CREATE TYPE waiting_line AS (name text, completed int, completed_median_days double precision,
  completed_p90_days double precision, completed_longest_days int, waiting int, waiting_median_days double precision,
  waiting_oldest_days int, median_days double precision, within_target_percent double precision, suppressed boolean);

-- The Kaplan-Meier median: the first day by which half have had their first
-- session, counting those still waiting for as long as they have waited.
CREATE FUNCTION median_wait(days int[], happened boolean[]) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
  SELECT min(day) FROM (
    SELECT day, exp(sum(CASE WHEN events < at_risk THEN ln(1 - events::double precision / at_risk) ELSE -100 END) OVER (ORDER BY day)) AS still
    FROM (
      SELECT d AS day, count(*) FILTER (WHERE h) AS events,
        sum(count(*)) OVER (ORDER BY d DESC ROWS UNBOUNDED PRECEDING) AS at_risk
      FROM unnest(days, happened) u (d, h) GROUP BY d
    ) risk WHERE events > 0
  ) curve WHERE still <= 0.5 + 1e-9
$$;

-- Requests that ended within the period with a first session or a withdrawal,
-- and those still waiting at its end.
CREATE FUNCTION waits(first timestamptz, last timestamptz, home text, side text)
RETURNS TABLE (organisation text, sector text, days int, done boolean, open boolean) LANGUAGE sql STABLE AS $$
  SELECT coalesce(o.name, 'nobody yet'), coalesce(o.sector::text, 'nobody yet'),
    greatest(0, (ended.at AT TIME ZONE home)::date - (r.submitted AT TIME ZONE home)::date),
    coalesce(r.first_attended < asof.at, false),
    coalesce(r.first_attended, 'infinity') >= asof.at AND coalesce(r.withdrawn, r.closed, 'infinity') >= asof.at
  FROM request r
  CROSS JOIN (SELECT least(last, clock())) asof (at)
  CROSS JOIN LATERAL (SELECT least(r.first_attended, r.withdrawn, r.closed, asof.at)) ended (at)
  LEFT JOIN person c ON c.id = r.coach AND r.matched IS NOT NULL
  LEFT JOIN organisation o ON o.id = CASE WHEN side = 'giving' THEN c.organisation ELSE r.organisation END
  WHERE r.submitted < asof.at AND ended.at >= first
    -- the same, for the index request_over
    AND (least(r.first_attended, r.withdrawn, r.closed) >= first OR least(r.first_attended, r.withdrawn, r.closed) IS NULL)
$$;

CREATE FUNCTION waiting_line_of(name text, days int[], done boolean[], open boolean[], target int) RETURNS waiting_line
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN count(*) FILTER (WHERE d OR o) >= (SELECT fewest_people FROM site) THEN
    ROW(name, count(*) FILTER (WHERE d), percentile_cont(0.5) WITHIN GROUP (ORDER BY w) FILTER (WHERE d),
      percentile_cont(0.9) WITHIN GROUP (ORDER BY w) FILTER (WHERE d), max(w) FILTER (WHERE d),
      count(*) FILTER (WHERE o), percentile_cont(0.5) WITHIN GROUP (ORDER BY w) FILTER (WHERE o), max(w) FILTER (WHERE o),
      median_wait(days, done), percent(count(*) FILTER (WHERE d AND w <= target), count(*) FILTER (WHERE d OR w > target)), false)::waiting_line
    ELSE ROW(name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true)::waiting_line END
  FROM unnest(days, done, open) u (w, d, o)
$$;

CREATE FUNCTION report_waiting(since text, until text, zone text, by_ text, side text, target int,
  OUT period report_period, OUT lines waiting_line[], OUT total waiting_line, OUT target_days int, OUT not_closed int, OUT not_closed_hours double precision)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  first timestamptz;
  last timestamptz;
  made record;
BEGIN
  period := period_of(since, until, zone, 'R3 waiting, version 1');
  first := midnight((period)."from"::date, (period).zone);
  last := midnight((period)."to"::date, (period).zone);
  target_days := coalesce(target, (SELECT s.target_days FROM site s));
  WITH wait AS MATERIALIZED (
    SELECT CASE WHEN by_ = 'sector' THEN sector ELSE organisation END AS name, *
    FROM waits(first, last, (period).zone, coalesce(side, 'receiving'))
  ), named AS (
    SELECT w.name, array_agg(days) AS days, array_agg(done) AS done, array_agg(open) AS open
    FROM wait w GROUP BY w.name
  ), counted AS (
    SELECT w.sector, organisation, count(*) AS n, sum(count(*)) OVER (PARTITION BY w.sector) AS of_sector
    FROM wait w WHERE done OR open GROUP BY w.sector, organisation
  ),
  -- A small line could be had from the total: the next smallest go with it, until
  -- those hidden are enough people together. So among sectors, and among the
  -- organisations of each; of a hidden sector none is told, or the one report
  -- would tell what the other hides.
  hidden_sector AS (
    SELECT r.sector FROM (SELECT c.sector, min(of_sector) OVER () AS smallest,
        sum(of_sector) OVER (ORDER BY of_sector, c.sector) - of_sector AS before
      FROM (SELECT DISTINCT c.sector, of_sector FROM counted c) c) r, site
    WHERE smallest < fewest_people AND before < fewest_people
  ), hidden AS (
    SELECT CASE WHEN by_ = 'sector' THEN r.sector ELSE organisation END AS name
    FROM (SELECT c.*, min(n) OVER (PARTITION BY c.sector) AS smallest,
        sum(n) OVER (PARTITION BY c.sector ORDER BY n, organisation) - n AS before
      FROM counted c) r, site
    WHERE r.sector IN (SELECT h.sector FROM hidden_sector h)
      OR (by_ IS DISTINCT FROM 'sector' AND smallest < fewest_people AND before < fewest_people)
  )
  SELECT (SELECT array_agg(CASE WHEN h.name IS NOT NULL THEN ROW(w.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true)::waiting_line
        ELSE waiting_line_of(w.name, w.days, w.done, w.open, target_days) END ORDER BY w.name)
      FROM named w LEFT JOIN (SELECT DISTINCT hidden.name FROM hidden) h ON h.name = w.name) AS lines,
    (SELECT waiting_line_of('all', array_agg(days), array_agg(done), array_agg(open), target_days) FROM wait) AS total
    INTO made;
  lines := made.lines;
  total := made.total;
  SELECT coalesce(sum(n), 0), coalesce(sum(hours), 0) INTO not_closed, not_closed_hours FROM not_closed(first, last);
END $$;

CREATE TYPE quarter_figure AS (name text, now double precision, before double precision, suppressed boolean);

-- One page: what is left to give, what was used, who waits, beside the period before.
CREATE FUNCTION quarter_figures(since text, until text, zone text) RETURNS TABLE (place int, name text, figure double precision, hidden boolean)
LANGUAGE sql STABLE AS $$
  WITH c AS MATERIALIZED (SELECT (total).*, without_pledge FROM report_capacity(since, until, zone, 'sector')),
    u AS MATERIALIZED (SELECT (total).* FROM report_utilisation(since, until, zone, 'sector')),
    w AS MATERIALIZED (SELECT (total).* FROM report_waiting(since, until, zone, 'sector', 'receiving', NULL))
  SELECT 1, 'real hours', real_hours, false FROM c UNION ALL
  SELECT 2, 'published hours', supply_hours + coalesce((without_pledge).supply_hours, 0), false FROM c UNION ALL
  SELECT 3, 'delivered hours', delivered_hours, false FROM u UNION ALL
  SELECT 4, 'committed hours', committed_hours, false FROM u UNION ALL
  SELECT 5, 'pledge used, %', pledge_percent, false FROM u UNION ALL
  SELECT 6, 'waiting', waiting, suppressed FROM w UNION ALL
  SELECT 7, 'longest waiting, days', waiting_oldest_days, suppressed FROM w UNION ALL
  SELECT 8, 'median wait, days', median_days, suppressed FROM w UNION ALL
  SELECT 9, 'within target, %', within_target_percent, suppressed FROM w UNION ALL
  SELECT 10, 'sessions not closed', not_closed, false FROM c
$$;

CREATE FUNCTION report_quarter(since text, until text, zone text,
  OUT period report_period, OUT before report_period, OUT figures quarter_figure[])
LANGUAGE plpgsql STABLE AS $$
DECLARE
  earlier text;
BEGIN
  period := period_of(since, until, zone, 'quarter, version 1');
  earlier := CASE WHEN extract(day FROM since::date) = 1 AND extract(day FROM until::date) = 1
    THEN (since::date - age(until::date, since::date))::date ELSE since::date - (until::date - since::date) END::text;
  before := period_of(earlier, since, zone, 'quarter, version 1');
  SELECT array_agg(ROW(n.name, n.figure, b.figure, n.hidden OR b.hidden)::quarter_figure ORDER BY n.place) INTO figures
    FROM quarter_figures(since, until, zone) n JOIN quarter_figures(earlier, since, zone) b USING (place);
END $$;
