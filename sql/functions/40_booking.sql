-- Booking, moving, cancelling, closing.

-- What each reason means, to people; one place for slots, bookings and series.
CREATE FUNCTION reason_sentence(reason text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE reason
    WHEN 'NONEXISTENT_TIME' THEN 'The clocks change then: that time does not exist, or happens twice.'
    WHEN 'SLOT_TAKEN' THEN 'That time is taken. Choose another.'
    WHEN 'MENTEE_BUSY' THEN 'The mentee is not free then. Choose another time.'
    WHEN 'YOU_ARE_BUSY' THEN 'You have another session then.'
    WHEN 'COACH_NOT_LIVE' THEN 'This coach takes no bookings at present.'
    WHEN 'IN_THE_PAST' THEN 'That time is past. Choose one to come, or log the conversation.'
    WHEN 'TOO_LONG' THEN 'That is longer than a session may be.'
    WHEN 'TOO_SOON' THEN 'That is sooner than the coach''s notice allows. Choose a later time.'
    WHEN 'TOO_FAR' THEN 'That is further ahead than can be booked yet.'
    WHEN 'AWAY' THEN 'The coach is away then. Choose another time.'
    WHEN 'OUTSIDE_AVAILABILITY' THEN 'That is outside the coach''s hours. Choose one of the slots.'
    WHEN 'WEEKLY_LIMIT_REACHED' THEN 'The coach gives no more hours in that week. Choose another week.'
    WHEN 'PLEDGE_REACHED' THEN 'The coach has given the hours pledged for that year. The coach may still book.'
    WHEN 'CLIENT_LIMIT_REACHED' THEN 'The coach can take nobody new at present. Choose another coach.'
    ELSE reason END
$$;

CREATE FUNCTION refuse_time(why text, since timestamptz, until timestamptz, ignoring bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  mine text;
BEGIN
  -- One's own clash is named, whoever else is taken; another person's never.
  SELECT format('You have session %s then, %s to %s (%s).', s.id, to_char(s.starts AT TIME ZONE my_zone(), 'FMDay FMDD FMMonth HH24:MI'),
      to_char(s.ends AT TIME ZONE my_zone(), 'HH24:MI'), my_zone()) INTO mine
    FROM participation p JOIN session s ON s.id = p.session
    WHERE why IN ('MENTEE_BUSY', 'SLOT_TAKEN') AND p.person = me() AND p.live
      AND p.starts < until AND p.ends > since AND p.session IS DISTINCT FROM ignoring ORDER BY p.starts LIMIT 1;
  IF mine IS NOT NULL THEN
    PERFORM refuse('ABORTED YOU_ARE_BUSY', mine, 'start');
  END IF;
  PERFORM refuse(CASE WHEN why IN ('SLOT_TAKEN', 'MENTEE_BUSY') THEN 'ABORTED '
      WHEN why IN ('TOO_LONG', 'IN_THE_PAST') THEN 'INVALID_ARGUMENT ' ELSE 'FAILED_PRECONDITION ' END || why,
    reason_sentence(why), 'start');
END $$;

-- A session as the contract lists it, in the order of its message.
CREATE VIEW session_line WITH (security_invoker) AS
  SELECT s.id, s.version, s.starts, s.ends, s.zone, s.state, s.activity,
    s.coach, (SELECT name FROM person WHERE id = s.coach) AS coach_name,
    s.mentee, (SELECT name FROM person WHERE id = s.mentee) AS mentee_name,
    s.venue, s.engagement, s.series, s.minutes, s.override_reason IS NOT NULL AS override
  FROM session s;

-- Sessions from a day on, in order. Mine, of these those with `who`; for administrators with
-- `who` that person's, with `ended` alone everybody's. Of one person they are found by their participations.
CREATE FUNCTION list_sessions(first text, last text, ended boolean, who text, zone text, most int, after bigint)
RETURNS SETOF session_line LANGUAGE plpgsql STABLE AS $$
DECLARE
  home text := coalesce(checked_zone(zone), my_zone());
  since timestamptz := midnight(coalesce(checked_date(first, 'from'), (clock() AT TIME ZONE home)::date), home);
  until timestamptz := coalesce(midnight(checked_date(last, 'to') + 1, home), 'infinity');
  person_ bigint := me();
  other bigint;
  passed timestamptz;
BEGIN
  ended := coalesce(ended, false);
  IF who IS NOT NULL THEN
    other := find_person(who, 'who');
  END IF;
  IF administers() AND (ended OR who IS NOT NULL) THEN
    person_ := other;
    other := NULL;
  END IF;
  IF after IS NOT NULL THEN
    SELECT starts INTO passed FROM session WHERE id = after;
    since := greatest(since, passed);
  END IF;
  IF person_ IS NULL THEN
    RETURN QUERY SELECT l.* FROM session_line l WHERE l.starts >= since AND l.starts < until
      AND (passed IS NULL OR (l.starts, l.id) > (passed, after)) AND (ended OR l.state NOT IN ('cancelled', 'declined'))
      ORDER BY l.starts, l.id LIMIT most;
  ELSE
    RETURN QUERY SELECT l.* FROM participation p JOIN session_line l ON l.id = p.session
      WHERE p.person = person_ AND p.starts >= since AND p.starts < until
        AND (passed IS NULL OR (p.starts, p.session) > (passed, after)) AND (ended OR l.state NOT IN ('cancelled', 'declined'))
        AND (other IS NULL OR other IN (l.coach, l.mentee))
      ORDER BY p.starts, p.session LIMIT most;
  END IF;
END $$;

CREATE TYPE pair AS (coach bigint, mentee bigint, engagement bigint, activity activity);

-- The two people a caller means, and the engagement they have with its activity, if any.
CREATE FUNCTION pair_of(who text, mentee_text text, part text, kind activity) RETURNS pair
LANGUAGE plpgsql STABLE AS $$
DECLARE
  pair pair;
  other bigint;
  ways int;
BEGIN
  IF mentee_text IS NOT NULL THEN
    IF NOT administers() THEN
      PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only administrators book for somebody else.', 'mentee');
    ELSIF who IS NULL THEN
      PERFORM refuse('INVALID_ARGUMENT WHO_MISSING', 'Say which coach.', 'who');
    END IF;
    pair.coach := find_person(who, 'who');
    pair.mentee := find_person(mentee_text, 'mentee');
    SELECT e.id, e.activity INTO pair.engagement, pair.activity FROM engagement e
      WHERE e.coach = pair.coach AND e.mentee = pair.mentee AND e.state IN ('proposed', 'active')
        AND e.activity = coalesce(kind, e.activity) ORDER BY e.state DESC, e.id LIMIT 1;
  ELSE
    IF who IS NULL THEN
      SELECT min(o), count(DISTINCT o) INTO other, ways FROM (
        SELECT CASE WHEN e.coach = me() THEN e.mentee ELSE e.coach END FROM engagement e
        WHERE me() IN (e.coach, e.mentee) AND e.state IN ('proposed', 'active')) others (o);
      IF ways <> 1 THEN
        PERFORM refuse('INVALID_ARGUMENT WHO_MISSING', CASE WHEN ways = 0 THEN 'You have no engagement yet: say which coach.'
          ELSE 'Say with whom: ' || (SELECT string_agg(DISTINCT p.name, ', ') FROM engagement e JOIN person p
            ON p.id IN (e.coach, e.mentee) AND p.id <> me()
            WHERE me() IN (e.coach, e.mentee) AND e.state IN ('proposed', 'active')) || '.' END, 'who');
      END IF;
    ELSE
      other := find_person(who, 'who');
    END IF;
    SELECT count(*), min(e.coach), min(e.mentee), min(e.id), min(e.activity) INTO ways, pair.coach, pair.mentee, pair.engagement, pair.activity
      FROM engagement e WHERE e.coach = ANY (ARRAY[me(), other]) AND e.mentee = ANY (ARRAY[me(), other])
        AND e.state IN ('proposed', 'active') AND e.activity = coalesce(kind, e.activity)
        AND (part IS NULL OR (part = 'coach') = (e.coach = me()));
    IF ways > 1 THEN
      PERFORM refuse('INVALID_ARGUMENT BOTH_WAYS', 'You work together in more than one way: say as coach or as mentee, and whether coaching or mentoring.', 'part');
    ELSIF ways = 0 AND coalesce(part, 'mentee') = 'mentee' AND (part IS NOT NULL
        OR EXISTS (SELECT FROM registration WHERE person = other AND state NOT IN ('applied', 'left'))) THEN
      pair.coach := other;
      pair.mentee := me();
    ELSIF ways = 0 THEN
      pair.coach := me();
      pair.mentee := other;
    END IF;
  END IF;
  RETURN pair;
END $$;

-- The same, both people locked, with the activity that a new engagement would have.
-- Whoever waited looks again: what they had may have ended, or begun, meanwhile.
CREATE FUNCTION hold_pair(who text, mentee_text text, part text, kind activity) RETURNS pair
LANGUAGE plpgsql AS $$
DECLARE
  pair pair := pair_of(who, mentee_text, part, kind);
BEGIN
  PERFORM lock_pair(pair.coach, pair.mentee);
  IF NOT EXISTS (SELECT FROM engagement e WHERE e.id = pair.engagement AND e.state IN ('proposed', 'active')) THEN
    pair := pair_of(who, mentee_text, part, kind);
    PERFORM lock_pair(pair.coach, pair.mentee);
  END IF;
  IF pair.activity IS NULL THEN
    pair.activity := coalesce(kind, (SELECT CASE WHEN 'coaching' = ANY (r.activities) THEN 'coaching' ELSE r.activities[1] END
      FROM registration r WHERE r.person = pair.coach), 'coaching');
  END IF;
  RETURN pair;
END $$;

-- Opens an engagement with the request that it answers. Sees across people, since
-- a coach does not see a mentee's open request; returns the engagement alone.
CREATE FUNCTION engage(coach_ bigint, mentee_ bigint, kind activity, lifted boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  r registration;
  old engagement;
  waiting bigint;
  result bigint;
  at_once boolean;
BEGIN
  IF me() IS NULL OR NOT (me() IN (coach_, mentee_) OR administers()) THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only the two people and administrators may do this.');
  ELSIF coach_ = mentee_ THEN
    PERFORM refuse('INVALID_ARGUMENT ONESELF', 'Coach and mentee are two people.', 'who');
  END IF;
  SELECT e.* INTO old FROM engagement e WHERE e.coach = coach_ AND e.mentee = mentee_ AND e.activity = kind
    AND e.state IN ('proposed', 'active', 'paused');
  IF old.state = 'paused' THEN
    PERFORM refuse('FAILED_PRECONDITION WRONG_STATE', 'Your engagement is paused: nothing is booked until it goes on.');
  ELSIF old.id IS NOT NULL THEN
    UPDATE request q SET coach = coach_, engagement = old.id, state = 'matched', matched = clock()
      WHERE q.mentee = mentee_ AND q.activity = kind AND q.state IN ('submitted', 'offered');
    RETURN old.id;
  END IF;
  SELECT * INTO r FROM registration WHERE person = coach_;
  IF r.state IS DISTINCT FROM 'live' THEN
    PERFORM refuse('FAILED_PRECONDITION COACH_NOT_LIVE', reason_sentence('COACH_NOT_LIVE'), 'who');
  ELSIF kind <> ALL (r.activities) THEN
    PERFORM refuse('FAILED_PRECONDITION NOT_OFFERED', format('This person does not offer %s.', kind), 'activity');
  ELSIF EXISTS (SELECT FROM person WHERE id IN (coach_, mentee_) AND left_on < today()) THEN
    PERFORM refuse('FAILED_PRECONDITION HAS_LEFT', 'This person has left.', 'who');
  ELSIF NOT lifted AND EXISTS (SELECT FROM manages WHERE coalesce(ends_on, 'infinity') >= today()
      AND ((manager, member) = (coach_, mentee_) OR (manager, member) = (mentee_, coach_))) THEN
    PERFORM refuse('FAILED_PRECONDITION LINE_MANAGER', 'A manager and their own staff do not coach each other. Choose another coach.', 'who');
  END IF;
  SELECT q.id INTO waiting FROM request q
    WHERE q.mentee = mentee_ AND q.activity = kind AND q.state IN ('submitted', 'offered') FOR UPDATE;
  IF NOT lifted AND places_left(coach_, waiting, EXISTS (SELECT FROM request q
      WHERE q.id = waiting AND q.state = 'offered' AND q.coach = coach_)) <= 0 THEN
    PERFORM refuse('FAILED_PRECONDITION CLIENT_LIMIT_REACHED', reason_sentence('CLIENT_LIMIT_REACHED'), 'who');
  END IF;
  at_once := r.self_selection OR me() = coach_ OR administers();
  INSERT INTO engagement (activity, coach, mentee, state, started, proposed)
    VALUES (kind, coach_, mentee_, CASE WHEN at_once THEN 'active' ELSE 'proposed' END::engagement_state,
      CASE WHEN at_once THEN clock() END, clock()) RETURNING id INTO result;
  IF waiting IS NULL THEN
    INSERT INTO request (mentee, organisation, activity, submitted)
      SELECT id, organisation, kind, clock() FROM person WHERE id = mentee_ RETURNING id INTO waiting;
  END IF;
  UPDATE request SET coach = coach_, engagement = result,
    state = CASE WHEN at_once THEN 'matched' ELSE 'offered' END::request_state,
    matched = CASE WHEN at_once THEN clock() END,
    offered = CASE WHEN at_once THEN offered ELSE clock() END,
    offer_expires = CASE WHEN at_once THEN offer_expires ELSE clock() + make_interval(days => (SELECT offer_days FROM site)) END
    WHERE id = waiting;
  RETURN result;
END $$;

-- The claims of both people on a session's time, in person order. False: one of
-- them is taken, by somebody who was faster than the check before.
CREATE FUNCTION claim_time(s session) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  claimed int;
BEGIN
  INSERT INTO participation (session, person, starts, ends, live, readers)
    SELECT s.id, p, s.starts, s.ends, s.live, ARRAY[s.coach, s.mentee]
    FROM unnest(ARRAY[s.coach, s.mentee]) p ORDER BY p
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS claimed = ROW_COUNT;
  RETURN claimed = 2;
END $$;

CREATE FUNCTION checked_minutes(minutes int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF minutes < 5 OR minutes > 720 THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_LENGTH', 'A session takes from 5 to 720 minutes.', 'minutes');
  END IF;
  RETURN coalesce(minutes, 60);
END $$;

CREATE FUNCTION checked_override(reason text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF reason IS NOT NULL AND (NOT administers() OR trim(reason) = '') THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only administrators override limits, and they give a reason.', 'override_reason');
  END IF;
  RETURN reason IS NOT NULL;
END $$;

CREATE TYPE clash AS (number int, starts timestamptz, reason text, sentence text);

CREATE FUNCTION book(who text, start text, minutes int, kind activity, venue text, zone text, part text,
  every_days int, times int, skip_clashes boolean, mentee_text text, override_reason text,
  OUT sessions session_line[], OUT clashes clash[], OUT id bigint)
LANGUAGE plpgsql AS $$
DECLARE
  pair record;
  s session;
  home text := coalesce(checked_zone(zone), my_zone());
  lifted boolean := checked_override(override_reason);
  length interval := make_interval(mins => checked_minutes(minutes));
  reason text;
  wall text;
BEGIN
  pair := hold_pair(who, mentee_text, part, kind);
  IF every_days IS NOT NULL AND times IS NULL OR times > 1 AND every_days IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_SERIES', 'A series needs both: how often, and how many times.', 'times');
  ELSIF coalesce(times, 1) NOT BETWEEN 1 AND 52 OR (coalesce(times, 1) > 1 AND coalesce(every_days, 0) NOT BETWEEN 1 AND 366) THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_SERIES', 'A series has up to 52 sessions, every 1 to 366 days.', 'times');
  END IF;
  s.starts := instant(start, home);
  s.engagement := coalesce(pair.engagement, engage(pair.coach, pair.mentee, pair.activity, lifted));
  FOR n IN 1..coalesce(times, 1) LOOP
    reason := NULL;
    IF n > 1 THEN
      wall := CASE WHEN start ~ '(Z|[+-]\d{2}:?\d{2})$' THEN to_char(start::timestamptz AT TIME ZONE home, 'YYYY-MM-DD"T"HH24:MI') ELSE start END;
      BEGIN
        s.starts := instant(to_char(wall::timestamp + make_interval(days => every_days * (n - 1)), 'YYYY-MM-DD"T"HH24:MI'), home);
      EXCEPTION WHEN SQLSTATE 'ZC010' THEN
        s.starts := NULL;
        reason := 'NONEXISTENT_TIME';
      END;
    END IF;
    s.ends := s.starts + length;
    reason := coalesce(reason, why_not(pair.coach, pair.mentee, s.starts, s.ends, me() = pair.coach, lifted, NULL));
    IF reason IS NOT NULL AND coalesce(times, 1) = 1 THEN
      PERFORM refuse_time(reason, s.starts, s.ends, NULL);
    ELSIF reason IS NOT NULL THEN
      clashes := clashes || ROW(n, s.starts, reason, reason_sentence(reason))::clash;
    END IF;
    s.id := nextval('coachhouse.id');
    id := coalesce(id, s.id);
    s.series := CASE WHEN coalesce(times, 1) > 1 THEN id END;
    INSERT INTO session (id, engagement, activity, coach, mentee, coach_organisation, mentee_organisation, state,
        starts, ends, zone, venue, series, minutes, booked, booked_by, override_reason)
      SELECT s.id, e.id, pair.activity, e.coach, e.mentee, c.organisation, m.organisation,
        (CASE WHEN reason IS NOT NULL THEN 'to_be_arranged' WHEN e.state = 'proposed' THEN 'requested' ELSE 'booked' END)::session_state,
        CASE WHEN reason IS NULL THEN s.starts END, CASE WHEN reason IS NULL THEN s.ends END,
        home, book.venue, s.series, checked_minutes(book.minutes), clock(), me(), book.override_reason
      FROM engagement e JOIN person c ON c.id = e.coach JOIN person m ON m.id = e.mentee WHERE e.id = s.engagement
      RETURNING * INTO s;
    IF reason IS NULL AND NOT claim_time(s) THEN
      PERFORM refuse_time('SLOT_TAKEN', s.starts, s.ends, s.id);
    END IF;
    sessions := sessions || (SELECT l FROM session_line l WHERE l.id = s.id);
  END LOOP;
  IF clashes IS NOT NULL AND NOT coalesce(skip_clashes, false) THEN
    PERFORM refuse('ABORTED SERIES_CLASHES', 'Nothing was booked. These of the series cannot be: ' || (SELECT string_agg(
        concat('no. ', c.number, to_char(c.starts AT TIME ZONE home, ', FMDD FMMonth YYYY HH24:MI'), ': ', c.sentence), ' ') FROM unnest(clashes) c)
      || ' Skip them, or choose another start.', 'start');
  END IF;
  UPDATE request r SET first_booked = clock() WHERE r.engagement = s.engagement AND first_booked IS NULL;
END $$;

-- A session of the caller's to change, its people locked; the row as it is now.
CREATE FUNCTION session_to_change(which bigint) RETURNS session LANGUAGE plpgsql AS $$
DECLARE
  s session;
BEGIN
  SELECT * INTO s FROM session WHERE id = which;
  IF s.id IS NULL THEN
    PERFORM absent('session');
  END IF;
  PERFORM lock_pair(s.coach, s.mentee);
  SELECT * INTO s FROM session WHERE id = which;
  RETURN s;
END $$;

CREATE FUNCTION other_name(coach bigint, mentee bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT name FROM person WHERE id = CASE WHEN coach = me() THEN mentee ELSE coach END);
END $$;

CREATE FUNCTION move(which bigint, start text, minutes int, zone text, seen int, override_reason text,
  OUT id bigint, OUT version int, OUT starts timestamptz, OUT ends timestamptz, OUT home text, OUT with_name text)
LANGUAGE plpgsql AS $$
DECLARE
  s session := session_to_change(which);
  lifted boolean := checked_override(override_reason);
  reason text;
BEGIN
  PERFORM check_version(seen, s.version);
  home := coalesce(checked_zone(zone), CASE WHEN start ~ '(Z|[+-]\d{2}:?\d{2})$' THEN s.zone ELSE my_zone() END);
  starts := instant(start, home);
  ends := starts + make_interval(mins => checked_minutes(coalesce(minutes, s.minutes)));
  IF s.state = 'to_be_arranged' THEN
    s.state := next_state('session', s.state::text, 'book');
    IF NOT EXISTS (SELECT FROM engagement e WHERE e.id = s.engagement AND e.state = 'active') THEN
      PERFORM refuse('FAILED_PRECONDITION NOT_ACCEPTED', 'The coach has not accepted yet: a time is found after that.', 'session');
    END IF;
  ELSE
    s.state := next_state('session', s.state::text, 'move');
  END IF;
  IF s.starts IS NOT NULL AND s.starts < clock() AND s.state = 'booked' THEN
    PERFORM refuse('FAILED_PRECONDITION IN_THE_PAST', 'It has begun: say whether it was attended or missed.');
  END IF;
  reason := why_not(s.coach, s.mentee, starts, ends, me() = s.coach, lifted, which);
  IF reason IS NOT NULL THEN
    PERFORM refuse_time(reason, starts, ends, which);
  END IF;
  UPDATE session t SET starts = move.starts, ends = move.ends, zone = home, state = s.state, version = t.version + 1,
      minutes = extract(epoch FROM move.ends - move.starts) / 60,
      override_reason = coalesce(move.override_reason, t.override_reason)
    WHERE t.id = which RETURNING t.* INTO s;
  IF NOT EXISTS (SELECT FROM participation p WHERE p.session = which) AND NOT claim_time(s) THEN
    PERFORM refuse_time('SLOT_TAKEN', starts, ends, which);
  END IF;
  id := which;
  version := s.version;
  with_name := other_name(s.coach, s.mentee);
END $$;

CREATE FUNCTION cancel(which bigint, why text, seen int,
  OUT id bigint, OUT version int, OUT late boolean, OUT with_name text, OUT starts timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
  s session := session_to_change(which);
BEGIN
  PERFORM check_version(seen, s.version);
  IF s.state = 'booked' AND s.starts < clock() THEN
    PERFORM refuse('FAILED_PRECONDITION IN_THE_PAST', 'It has begun: say whether it was attended or missed.');
  END IF;
  late := s.state = 'booked' AND s.starts - clock() < make_interval(hours => (SELECT late_hours FROM site));
  UPDATE session t SET state = next_state('session', s.state::text, 'cancel')::session_state, version = t.version + 1,
    reason = why, late = cancel.late, closed = clock(), closed_by = me() WHERE t.id = which RETURNING t.version INTO version;
  id := which;
  with_name := other_name(s.coach, s.mentee);
  starts := s.starts;
END $$;

-- Attended, or missed and by whom. Either person says so; the other may put it
-- right or dispute it for the days that the site allows.
CREATE FUNCTION close_session(which bigint, outcome text, missed_by text, took int,
  OUT id bigint, OUT version int, OUT state session_state, OUT minutes int)
LANGUAGE plpgsql AS $$
DECLARE
  s session := session_to_change(which);
  absentee bigint;
  event text := 'attend';
BEGIN
  IF NOT me() IN (s.coach, s.mentee) THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only the two people of a session say what became of it.');
  ELSIF s.starts > clock() THEN
    PERFORM refuse('FAILED_PRECONDITION NOT_YET', 'It has not begun yet. Cancel or move it instead.');
  ELSIF s.closed IS NOT NULL AND clock() > s.closed + make_interval(days => (SELECT dispute_days FROM site)) THEN
    PERFORM refuse('FAILED_PRECONDITION TOO_LATE', 'It was closed more than a week ago.');
  END IF;
  IF outcome = 'missed' THEN
    IF missed_by IS NULL THEN
      PERFORM refuse('INVALID_ARGUMENT WHO_MISSING', 'Say who did not come.', 'missed_by');
    END IF;
    absentee := CASE WHEN lower(missed_by) = 'coach' THEN s.coach WHEN lower(missed_by) = 'mentee' THEN s.mentee
      ELSE find_person(missed_by, 'missed_by') END;
    IF absentee NOT IN (s.coach, s.mentee) THEN
      PERFORM refuse('INVALID_ARGUMENT NOT_IN_IT', 'This person is not in the session.', 'missed_by');
    END IF;
    event := CASE WHEN absentee = s.coach THEN 'miss_coach' ELSE 'miss_mentee' END;
  ELSIF outcome IS DISTINCT FROM 'attended' THEN
    PERFORM refuse('INVALID_ARGUMENT OUTCOME_MISSING', 'Say whether it was attended or missed.', 'outcome');
  END IF;
  s.state := next_state('session', s.state::text, event);
  UPDATE session t SET state = s.state, version = t.version + 1, closed = clock(), closed_by = me(),
    minutes = coalesce(checked_minutes(coalesce(took, t.minutes)), t.minutes)
    WHERE t.id = which RETURNING t.id, t.version, t.state, t.minutes INTO id, version, state, minutes;
  IF state = 'attended' THEN
    UPDATE request r SET first_attended = s.starts WHERE r.engagement = s.engagement AND r.first_attended IS NULL;
  END IF;
END $$;

CREATE FUNCTION dispute(which bigint, why text, OUT id bigint, OUT version int) LANGUAGE plpgsql AS $$
DECLARE
  s session := session_to_change(which);
BEGIN
  IF s.closed IS NULL OR s.state NOT IN ('attended', 'mentee_missed', 'coach_missed') THEN
    PERFORM refuse('FAILED_PRECONDITION WRONG_STATE', 'Nothing has been said of this session yet.');
  ELSIF s.closed_by = me() OR me() NOT IN (s.coach, s.mentee) THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'The other person may dispute it; you may put it right yourself.');
  ELSIF clock() > s.closed + make_interval(days => (SELECT dispute_days FROM site)) THEN
    PERFORM refuse('FAILED_PRECONDITION TOO_LATE', 'It was closed more than a week ago.');
  END IF;
  UPDATE session t SET disputed = clock(), dispute_reason = why, version = t.version + 1 WHERE t.id = which
    RETURNING t.id, t.version INTO id, version;
END $$;

-- The slots of two people; a coach who takes nobody new refuses as a booking would.
CREATE FUNCTION bookable_slots(coach bigint, mentee bigint, engagement bigint, since timestamptz, until timestamptz,
  minutes int, most int) RETURNS timestamptz[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM registration r WHERE r.person = coach AND r.state = 'live') THEN
    PERFORM refuse('FAILED_PRECONDITION COACH_NOT_LIVE', reason_sentence('COACH_NOT_LIVE'), 'who');
  ELSIF engagement IS NULL AND places_left(coach) <= 0 THEN
    PERFORM refuse('FAILED_PRECONDITION CLIENT_LIMIT_REACHED', reason_sentence('CLIENT_LIMIT_REACHED'), 'who');
  END IF;
  RETURN slots_of(coach, nullif(mentee, coach), since, least(until, since + interval '1 year'), minutes, me() = coach, most);
END $$;
