-- The register, and published hours.

CREATE FUNCTION set_profile(coach_text text, pledge double precision, clients int, weekly double precision,
  specialisms_ text[], languages_ text[], buffer_ int, notice double precision, self boolean, seen int,
  OUT id bigint, OUT version int, OUT state registration_state)
LANGUAGE plpgsql AS $$
DECLARE
  r registration;
BEGIN
  id := registered(coach_text);
  PERFORM lock_people(ARRAY[id]);
  SELECT * INTO r FROM registration t WHERE t.person = id FOR UPDATE;
  PERFORM check_version(seen, r.version);
  UPDATE registration t SET version = t.version + 1, pledge_hours = coalesce(pledge, pledge_hours),
    client_limit = coalesce(clients, client_limit), weekly_hours = coalesce(weekly, weekly_hours),
    specialisms = coalesce(nullif(specialisms_, '{}'), specialisms), languages = coalesce(nullif(languages_, '{}'), languages),
    buffer_minutes = coalesce(buffer_, buffer_minutes), notice_hours = coalesce(notice, notice_hours),
    self_selection = coalesce(self, self_selection)
    WHERE t.person = id RETURNING t.version, t.state INTO version, state;
EXCEPTION WHEN check_violation THEN
  PERFORM refuse('INVALID_ARGUMENT OUT_OF_BOUNDS',
    'A pledge is up to 2000 hours, a weekly limit up to 80, a buffer up to 240 minutes, notice up to 2160 hours.');
END $$;

CREATE FUNCTION change_registration(coach_text text, event text, OUT id bigint, OUT state registration_state)
LANGUAGE plpgsql AS $$
DECLARE
  r registration;
  may text[];
BEGIN
  id := registered(coach_text);
  SELECT * INTO r FROM registration t WHERE t.person = id FOR UPDATE;
  state := next_state('registration', r.state::text, event);
  SELECT who INTO may FROM life_cycle l WHERE l.thing = 'registration' AND l.from_state = r.state::text
    AND l.event = change_registration.event;
  IF NOT administers() AND 'owner' <> ALL (may) THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only administrators may do this.', 'event');
  END IF;
  UPDATE registration t SET state = change_registration.state, version = version + 1,
    approved = CASE WHEN event = 'approve' THEN clock() ELSE approved END WHERE t.person = id;
END $$;

CREATE FUNCTION sessions_outside(who bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(s.id ORDER BY s.starts) FROM session s WHERE s.coach = who AND s.state = 'booked' AND s.starts > clock()
    AND NOT tstzrange(s.starts, s.ends) <@ (published(who, s.starts, s.ends) - away_time(who, s.starts, s.ends))
$$;

CREATE FUNCTION set_availability(coach_text text, patterns jsonb, zone_ text, since text,
  OUT id bigint, OUT zone text, OUT weekly_hours double precision, OUT sessions_outside bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  day date;
BEGIN
  id := registered(coach_text);
  PERFORM lock_people(ARRAY[id]);
  zone := coalesce(checked_zone(zone_), (SELECT p.zone FROM person p WHERE p.id = set_availability.id));
  day := coalesce(checked_date(since, 'from'), (clock() AT TIME ZONE zone)::date);
  -- Patterns that went before end the day before; those that would begin later go.
  DELETE FROM pattern t WHERE t.coach = set_availability.id AND t.valid_from >= day;
  UPDATE pattern t SET valid_to = day - 1 WHERE t.coach = set_availability.id AND coalesce(t.valid_to, 'infinity') >= day;
  INSERT INTO pattern (coach, weekday, opens, closes, zone, valid_from)
    SELECT set_availability.id, p.weekday, p.opens, p.closes, set_availability.zone, day
    FROM jsonb_to_recordset(coalesce(patterns, '[]')) p (weekday int, opens time, closes time);
  SELECT coalesce(sum(extract(epoch FROM t.closes - t.opens
      + CASE WHEN t.closes <= t.opens THEN interval '1 day' ELSE '0' END)) / 3600, 0)
    INTO weekly_hours FROM pattern t WHERE t.coach = set_availability.id AND t.valid_from = day;
  sessions_outside := sessions_outside(id);
END $$;

CREATE FUNCTION add_opening(coach_text text, day text, opens text, closes text,
  OUT id bigint, OUT starts timestamptz, OUT ends timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
  who bigint := registered(coach_text);
  home text := (SELECT zone FROM person p WHERE p.id = who);
BEGIN
  PERFORM lock_people(ARRAY[who]);
  IF opens !~ '^\d{2}:\d{2}$' OR closes !~ '^\d{2}:\d{2}$' THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_TIME', 'Write the hours as 17:00 and 19:00.', 'opens');
  END IF;
  starts := instant(checked_date(day, 'date') || 'T' || opens, home);
  ends := instant(checked_date(day, 'date') + CASE WHEN closes::time <= opens::time THEN 1 ELSE 0 END || 'T' || closes, home);
  IF ends <= clock() THEN
    PERFORM refuse('INVALID_ARGUMENT IN_THE_PAST', 'That day is past.', 'date');
  END IF;
  INSERT INTO opening (coach, starts, ends) VALUES (who, add_opening.starts, add_opening.ends) RETURNING opening.id INTO id;
END $$;

-- A date, or a time; of a date the beginning, or for `to` the day's end.
CREATE FUNCTION edge(at text, home text, last boolean, field text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF at ~ 'T' THEN
    RETURN instant(at, home);
  ELSIF at IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_DATE', 'Say from when to when.', field);
  END IF;
  RETURN midnight(checked_date(at, field) + CASE WHEN last THEN 1 ELSE 0 END, home);
END $$;

CREATE FUNCTION add_away(coach_text text, since text, until text, why text, zone text,
  OUT id bigint, OUT starts timestamptz, OUT ends timestamptz, OUT sessions_within bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  who bigint := registered(coach_text);
  home text := coalesce(checked_zone(zone), (SELECT p.zone FROM person p WHERE p.id = who));
BEGIN
  PERFORM lock_people(ARRAY[who]);
  starts := edge(since, home, false, 'from');
  ends := edge(until, home, true, 'to');
  IF starts >= ends OR ends <= clock() THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_PERIOD', 'Time away ends after it begins, and is not past.', 'to');
  END IF;
  INSERT INTO away (coach, starts, ends, reason) VALUES (who, add_away.starts, add_away.ends, why) RETURNING away.id INTO id;
  SELECT array_agg(s.id ORDER BY s.starts) INTO sessions_within FROM session s WHERE s.coach = who AND s.state = 'booked'
    AND s.starts < add_away.ends AND s.ends > add_away.starts AND s.starts > clock();
END $$;

-- Time away, or an opening: whichever has this id.
CREATE FUNCTION cancel_away(which bigint, OUT id bigint) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE away a SET cancelled = clock() WHERE a.id = which AND cancelled IS NULL RETURNING a.id INTO id;
  IF id IS NULL THEN
    DELETE FROM opening o WHERE o.id = which RETURNING o.id INTO id;
  END IF;
  IF id IS NULL THEN
    PERFORM absent('time away or opening');
  END IF;
END $$;
