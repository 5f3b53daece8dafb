-- Requests, offers, engagements.

CREATE FUNCTION check_not_engaged(coach_ bigint, mentee_ bigint, kind activity) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM engagement WHERE coach = coach_ AND mentee = mentee_ AND activity = kind
      AND state IN ('proposed', 'active', 'paused')) THEN
    PERFORM refuse('ALREADY_EXISTS ENGAGED', 'The two work together already: book the next session.', 'coach');
  END IF;
END $$;

CREATE FUNCTION check_offers(coach_ bigint, kind activity) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF EXISTS (SELECT FROM registration WHERE person = coach_ AND kind <> ALL (activities)) THEN
    PERFORM refuse('FAILED_PRECONDITION NOT_OFFERED', format('This person does not offer %s.', kind), 'activity');
  END IF;
END $$;

CREATE FUNCTION submit_request(coach_text text, kind activity, mentee_text text,
  OUT id bigint, OUT state request_state, OUT already_open boolean)
LANGUAGE plpgsql AS $$
DECLARE
  mentee_ bigint := CASE WHEN mentee_text IS NULL THEN me() ELSE find_person(mentee_text, 'mentee') END;
  coach_ bigint := CASE WHEN coach_text IS NOT NULL THEN find_person(coach_text, 'coach') END;
  offered_ activity[] := (SELECT activities FROM registration WHERE person = coach_);
  wanted activity := coalesce(kind, CASE WHEN cardinality(offered_) = 1 THEN offered_[1] END, 'coaching');
BEGIN
  IF mentee_ <> me() AND NOT administers() THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only administrators ask for somebody else.', 'mentee');
  ELSIF coach_ = mentee_ THEN
    PERFORM refuse('INVALID_ARGUMENT ONESELF', 'Coach and mentee are two people.', 'coach');
  ELSIF coach_ IS NOT NULL AND NOT EXISTS (SELECT FROM registration WHERE person = coach_ AND registration.state = 'live') THEN
    PERFORM refuse('FAILED_PRECONDITION COACH_NOT_LIVE', reason_sentence('COACH_NOT_LIVE'), 'coach');
  END IF;
  PERFORM lock_people(ARRAY[mentee_]);
  PERFORM check_offers(coach_, wanted), check_not_engaged(coach_, mentee_, wanted);
  already_open := false;
  INSERT INTO request (mentee, organisation, activity, coach, state, submitted, offered, offer_expires)
    SELECT p.id, p.organisation, wanted, coach_, CASE WHEN coach_ IS NULL THEN 'submitted' ELSE 'offered' END::request_state,
      clock(), CASE WHEN coach_ IS NOT NULL THEN clock() END,
      CASE WHEN coach_ IS NOT NULL THEN clock() + make_interval(days => (SELECT offer_days FROM site)) END
    FROM person p WHERE p.id = mentee_
    ON CONFLICT (mentee, activity) WHERE request.state IN ('submitted', 'offered') DO NOTHING
    RETURNING request.id, request.state INTO id, state;
  IF id IS NULL THEN
    -- Naming a coach now, where nobody was named: the open request goes to them.
    UPDATE request r SET coach = coach_, state = 'offered', offered = clock(),
        offer_expires = clock() + make_interval(days => (SELECT offer_days FROM site))
      WHERE r.mentee = mentee_ AND r.activity = wanted AND r.state = 'submitted' AND coach_ IS NOT NULL;
    SELECT r.id, r.state, true INTO id, state, already_open FROM request r
      WHERE r.mentee = mentee_ AND r.activity = wanted AND r.state IN ('submitted', 'offered');
  END IF;
END $$;

CREATE FUNCTION offer_request(which bigint, coach_text text, OUT id bigint, OUT state request_state, OUT expires timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
  r request;
  coach_ bigint := find_person(coach_text, 'coach');
BEGIN
  PERFORM lock_people(ARRAY[coach_, (SELECT mentee FROM request WHERE request.id = which)]);
  SELECT * INTO r FROM request WHERE request.id = which;
  IF r.id IS NULL THEN
    PERFORM absent('request');
  ELSIF NOT EXISTS (SELECT FROM registration g WHERE g.person = coach_ AND g.state = 'live') THEN
    PERFORM refuse('FAILED_PRECONDITION COACH_NOT_LIVE', reason_sentence('COACH_NOT_LIVE'), 'coach');
  ELSIF coach_ = r.mentee THEN
    PERFORM refuse('INVALID_ARGUMENT ONESELF', 'Coach and mentee are two people.', 'coach');
  ELSIF places_left(coach_, which) <= 0 THEN
    PERFORM refuse('FAILED_PRECONDITION CLIENT_LIMIT_REACHED', reason_sentence('CLIENT_LIMIT_REACHED'), 'coach');
  ELSIF r.engagement IS NOT NULL THEN
    PERFORM refuse('FAILED_PRECONDITION WRONG_STATE', 'A coach has this request in hand already.', 'request');
  END IF;
  PERFORM check_offers(coach_, r.activity), check_not_engaged(coach_, r.mentee, r.activity);
  UPDATE request t SET coach = coach_, state = next_state('request', r.state::text, 'offer')::request_state,
    offered = clock(), offer_expires = clock() + make_interval(days => (SELECT offer_days FROM site))
    WHERE t.id = which RETURNING t.id, t.state, t.offer_expires INTO id, state, expires;
END $$;

-- What an id to be answered stands for: a request, an engagement, or a session of one.
CREATE FUNCTION to_answer(which bigint, OUT request bigint, OUT engagement bigint) LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT r.id, r.engagement INTO request, engagement FROM request r WHERE r.id = which;
  IF request IS NULL THEN
    SELECT e.id INTO engagement FROM engagement e WHERE e.id = which
      OR e.id = (SELECT s.engagement FROM session s WHERE s.id = which);
    SELECT r.id INTO request FROM request r WHERE r.engagement = to_answer.engagement AND r.state = 'offered';
  END IF;
  IF request IS NULL AND engagement IS NULL THEN
    PERFORM absent('request');
  END IF;
END $$;

-- Those two as they are now, their people locked: whoever waited looks again.
CREATE FUNCTION hold_answer(which bigint, OUT r request, OUT e engagement) LANGUAGE plpgsql AS $$
DECLARE
  what record;
BEGIN
  FOR turn IN 1..2 LOOP
    what := to_answer(which);
    SELECT * INTO r FROM request t WHERE t.id = what.request;
    SELECT * INTO e FROM engagement t WHERE t.id = what.engagement;
    -- Once only: a coach who has come since would be locked out of order. All that
    -- changes these two holds the mentee, who stays the same.
    IF turn = 1 THEN
      PERFORM lock_people(ARRAY[coalesce(e.coach, r.coach), coalesce(e.mentee, r.mentee)]);
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION accept(which bigint, OUT id bigint, OUT state engagement_state, OUT booked bigint[], OUT to_arrange bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  held record := hold_answer(which);
  r request := held.r;
  e engagement := held.e;
  s session;
BEGIN
  IF me() IS DISTINCT FROM coalesce(e.coach, r.coach) AND NOT administers() THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'It waits for the coach to answer.');
  ELSIF e.id IS NULL AND (r.state <> 'offered' OR r.coach IS NULL) THEN
    PERFORM refuse('FAILED_PRECONDITION WRONG_STATE', format('This request is %s: there is nothing to accept.', r.state));
  ELSIF e.id IS NULL AND r.offer_expires <= clock() THEN
    PERFORM refuse('FAILED_PRECONDITION OFFER_EXPIRED', 'The offer has expired. An administrator may offer it again.');
  END IF;
  IF e.id IS NULL THEN
    id := engage(r.coach, r.mentee, r.activity, false);
  ELSE
    IF e.state <> 'active' THEN
      UPDATE engagement t SET state = next_state('engagement', e.state::text, 'accept')::engagement_state,
        started = clock(), version = version + 1 WHERE t.id = e.id;
    ELSIF NOT EXISTS (SELECT FROM session t WHERE t.engagement = e.id AND t.state = 'requested') THEN
      PERFORM refuse('FAILED_PRECONDITION WRONG_STATE', 'This was accepted before: nothing waits for an answer.');
    END IF;
    UPDATE request t SET state = 'matched', matched = clock() WHERE t.id = r.id AND t.state = 'offered';
    id := e.id;
  END IF;
  INSERT INTO offer_answer (request, coach, offered, accepted)
    SELECT r.id, coalesce(e.coach, r.coach), r.offered, true WHERE r.offered IS NOT NULL ON CONFLICT DO NOTHING;
  -- Requested sessions take their time now, if it is still free.
  FOR s IN SELECT * FROM session t WHERE t.engagement = e.id AND t.state = 'requested' ORDER BY t.starts LOOP
    IF s.starts > clock() AND NOT either_taken(s.coach, s.mentee, s.starts, s.ends, s.id) THEN
      UPDATE session t SET state = 'booked', version = version + 1 WHERE t.id = s.id;
      booked := booked || s.id;
    ELSE
      to_arrange := to_arrange || s.id;
    END IF;
  END LOOP;
  -- The one asked about has gone: choose again, nothing is accepted yet.
  IF which = ANY (to_arrange) THEN
    PERFORM refuse('ABORTED SLOT_TAKEN', 'That time was taken meanwhile. Decline it, or agree another time.');
  END IF;
  DELETE FROM participation p WHERE p.session = ANY (to_arrange);
  UPDATE session t SET state = 'to_be_arranged', starts = NULL, ends = NULL, version = version + 1 WHERE t.id = ANY (to_arrange);
  SELECT t.state INTO state FROM engagement t WHERE t.id = accept.id;
END $$;

CREATE FUNCTION decline(which bigint, why text, OUT id bigint) LANGUAGE plpgsql AS $$
DECLARE
  held record := hold_answer(which);
  r request := held.r;
  e engagement := held.e;
BEGIN
  IF me() IS DISTINCT FROM coalesce(e.coach, r.coach) AND NOT administers() THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'It waits for the coach to answer.');
  END IF;
  IF e.id IS NOT NULL THEN
    UPDATE session t SET state = 'declined', version = version + 1, closed = clock(), closed_by = me(), reason = why
      WHERE t.engagement = e.id AND t.state = 'requested';
    UPDATE engagement t SET state = next_state('engagement', e.state::text, 'decline')::engagement_state,
      version = version + 1, ended = clock(), end_reason = why WHERE t.id = e.id;
  END IF;
  IF r.id IS NOT NULL THEN
    INSERT INTO offer_answer (request, coach, offered, accepted, reason)
      VALUES (r.id, r.coach, coalesce(r.offered, clock()), false, why) ON CONFLICT DO NOTHING;
    UPDATE request t SET state = next_state('request', r.state::text, 'decline')::request_state, engagement = NULL
      WHERE t.id = r.id;
  END IF;
  id := coalesce(r.id, e.id);
END $$;

CREATE FUNCTION withdraw(which bigint, OUT id bigint) LANGUAGE plpgsql AS $$
DECLARE
  held record := hold_answer(which);
  r request := held.r;
BEGIN
  IF r.id IS NULL THEN
    PERFORM absent('request');
  ELSIF r.mentee <> me() AND NOT administers() THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only the one who asked may withdraw it.');
  END IF;
  UPDATE session t SET state = 'cancelled', version = version + 1, closed = clock(), closed_by = me()
    WHERE t.engagement = r.engagement AND t.state = 'requested';
  UPDATE engagement t SET state = 'declined', version = version + 1, ended = clock()
    WHERE t.id = r.engagement AND t.state = 'proposed';
  UPDATE request t SET state = next_state('request', r.state::text, 'withdraw')::request_state, withdrawn = clock()
    WHERE t.id = r.id RETURNING t.id INTO id;
END $$;

CREATE FUNCTION set_contract(which bigint, sessions_ int, until_ text, seen int,
  OUT id bigint, OUT version int, OUT sessions int, OUT until text)
LANGUAGE plpgsql AS $$
DECLARE
  e engagement;
BEGIN
  SELECT * INTO e FROM engagement t WHERE t.id = which FOR UPDATE;
  IF e.id IS NULL THEN
    PERFORM absent('engagement');
  ELSIF e.state NOT IN ('proposed', 'active', 'paused') THEN
    PERFORM refuse('FAILED_PRECONDITION WRONG_STATE', format('This engagement is %s.', replace(e.state::text, '_', ' ')));
  ELSIF sessions_ NOT BETWEEN 1 AND 100 THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_COUNT', 'Agree on 1 to 100 sessions.', 'sessions');
  END IF;
  PERFORM check_version(seen, e.version);
  UPDATE engagement t SET sessions_agreed = coalesce(sessions_, sessions_agreed),
    until = coalesce(checked_date(until_, 'until'), t.until), version = t.version + 1 WHERE t.id = which
    RETURNING t.id, t.version, t.sessions_agreed, t.until::text INTO id, version, sessions, until;
END $$;

-- As it is once nobody else changes what these two have.
CREATE FUNCTION hold_engagement(which bigint) RETURNS engagement LANGUAGE plpgsql AS $$
DECLARE
  e engagement;
BEGIN
  SELECT * INTO e FROM engagement t WHERE t.id = which;
  IF e.id IS NULL THEN
    PERFORM absent('engagement');
  END IF;
  PERFORM lock_people(ARRAY[e.coach, e.mentee]);
  SELECT * INTO e FROM engagement t WHERE t.id = which;
  RETURN e;
END $$;

CREATE FUNCTION change_engagement(which bigint, event text, OUT id bigint, OUT version int, OUT state engagement_state)
LANGUAGE plpgsql AS $$
DECLARE
  e engagement := hold_engagement(which);
BEGIN
  UPDATE engagement t SET state = next_state('engagement', e.state::text, event)::engagement_state, version = t.version + 1
    WHERE t.id = which RETURNING t.id, t.version, t.state INTO id, version, state;
END $$;

CREATE FUNCTION end_engagement(which bigint, why text, OUT id bigint, OUT state engagement_state, OUT cancelled bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  e engagement := hold_engagement(which);
BEGIN
  WITH ended AS (
    UPDATE session s SET state = 'cancelled', version = version + 1, closed = clock(), closed_by = me(),
      reason = coalesce(why, 'The engagement is completed.')
    WHERE s.engagement = which AND (s.state IN ('requested', 'to_be_arranged') OR (s.state = 'booked' AND s.starts > clock()))
    RETURNING s.id)
  SELECT array_agg(ended.id ORDER BY ended.id) INTO cancelled FROM ended;
  UPDATE engagement t SET version = version + 1, ended = clock(), end_reason = why,
    state = next_state('engagement', e.state::text, CASE WHEN why IS NULL THEN 'complete' ELSE 'end' END)::engagement_state
    WHERE t.id = which RETURNING t.id, t.state INTO id, state;
  -- Nobody waits for a first session any more.
  UPDATE request r SET state = 'closed', closed = clock()
    WHERE r.engagement = which AND r.state = 'matched' AND r.first_attended IS NULL;
END $$;
