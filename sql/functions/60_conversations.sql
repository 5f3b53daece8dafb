-- Conversations and actions. Sealed values only pass through here.

-- An action as the contract lists it, in the order of its message.
CREATE VIEW action_line WITH (security_invoker) AS
  SELECT a.id, a.action_text, a.owner, (SELECT name FROM person WHERE id = a.owner) AS owner_name,
    (SELECT name FROM person WHERE id = CASE WHEN a.owner = me() THEN a.other ELSE a.owner END) AS with_name,
    a.due::text AS due, a.state, a.conversation, a.other, a.engagement
  FROM action a;

-- Records of the caller's conversations, of both kinds, as they are listed.
CREATE VIEW conversation_line WITH (security_invoker) AS
  SELECT c.id, c.session, s.starts, s.minutes, s.activity, c.kind, c.coach, c.mentee, NULL::bigint AS manager, NULL::bigint AS member,
    c.author, c.recorded, EXISTS (SELECT FROM note n WHERE n.conversation = c.id) AS readable, NULL::performance_state AS state,
    NULL::timestamptz AS manager_signed, NULL::timestamptz AS member_signed, NULL::bigint AS replaces
  FROM conversation c JOIN session s ON s.id = c.session WHERE (SELECT me()) IN (c.coach, c.mentee)
  UNION ALL
  SELECT p.id, NULL, p.starts, (extract(epoch FROM p.ends - p.starts) / 60)::int, NULL, 'performance', NULL, NULL, p.manager, p.member,
    p.author, p.recorded, EXISTS (SELECT FROM performance_text n WHERE n.performance = p.id), p.state, p.manager_signed, p.member_signed, p.replaces
  FROM performance p WHERE (SELECT me()) IN (p.manager, p.member);

-- Looked up apart from the list, which mostly begins at its beginning.
CREATE FUNCTION conversation_starts(which bigint) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT c.starts FROM conversation_line c WHERE c.id = which);
END $$;

-- A session that took place elsewhere, for its record; its times are claimed
-- like any other's, so nobody was in two places either.
CREATE FUNCTION past_session(start text, with_text text, minutes int, zone text, kind activity, part text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  pair record := hold_pair(with_text, NULL, part, kind);
  home text := coalesce(checked_zone(zone), my_zone());
  s session;
  length int := checked_minutes(minutes);
BEGIN
  s.starts := instant(start, home);
  s.ends := s.starts + make_interval(mins => length);
  IF s.ends > clock() THEN
    PERFORM refuse('FAILED_PRECONDITION NOT_YET', 'It has not ended yet: book it, and log it afterwards.', 'start');
  END IF;
  IF NOT isempty(taken_time(me(), s.starts, s.ends, '0', NULL)) THEN
    PERFORM refuse_time('SLOT_TAKEN', s.starts, s.ends, NULL);
  END IF;
  INSERT INTO session (engagement, activity, coach, mentee, coach_organisation, mentee_organisation, state,
      starts, ends, zone, minutes, booked, booked_by, closed, closed_by)
    SELECT coalesce(pair.engagement, engage(pair.coach, pair.mentee, pair.activity, false)), pair.activity, pair.coach, pair.mentee,
      c.organisation, m.organisation, 'attended', s.starts, s.ends, home, length, clock(), me(), clock(), me()
    FROM person c, person m WHERE c.id = pair.coach AND m.id = pair.mentee
    RETURNING * INTO s;
  IF NOT claim_time(s) THEN
    PERFORM refuse('ABORTED SLOT_TAKEN', 'One of you has another session recorded then.', 'start');
  END IF;
  UPDATE request r SET first_booked = coalesce(first_booked, s.starts), first_attended = coalesce(first_attended, s.starts)
    WHERE r.engagement = s.engagement;
  RETURN s.id;
END $$;

CREATE FUNCTION action_owner(owner text, s session) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  other bigint := CASE WHEN me() = s.coach THEN s.mentee ELSE s.coach END;
  who bigint;
BEGIN
  IF owner IS NULL OR lower(owner) IN ('me', 'myself') THEN
    RETURN me();
  ELSIF lower(owner) IN ('them', 'other') OR (lower(owner) = 'coach' AND other = s.coach) OR (lower(owner) = 'mentee' AND other = s.mentee) THEN
    RETURN other;
  ELSIF lower(owner) IN ('coach', 'mentee') THEN
    RETURN me();
  END IF;
  SELECT p.id INTO who FROM person p WHERE p.id IN (me(), other)
    AND (p.plain = plain(owner) OR p.plain LIKE literal(owner) || ' %' OR p.plain LIKE '% ' || literal(owner)) ORDER BY p.id = me() LIMIT 1;
  IF who IS NULL THEN
    SELECT min(p.id) INTO who FROM person p WHERE p.id IN (me(), other)
      AND (p.plain LIKE literal(owner) || '%' OR p.plain LIKE '% ' || literal(owner) || '%') HAVING count(*) = 1;
  END IF;
  IF who IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_OWNER', format('An action of "%s": it belongs to one of the two people. Say "me", "them" or a name.',
      left(owner, 60)), 'actions.owner');
  END IF;
  RETURN who;
END $$;

CREATE FUNCTION log_conversation(which bigint, start text, with_text text, minutes int, zone text, kind activity,
  part text, note sealed, actions jsonb, done bigint[],
  OUT id bigint, OUT session bigint, OUT state session_state, OUT visible visibility, OUT action_ids bigint[], OUT readers text[])
LANGUAGE plpgsql AS $$
DECLARE
  s session;
  them bigint;
  a record;
BEGIN
  session := coalesce(which, past_session(start, with_text, minutes, zone, kind, part));
  s := session_to_change(session);
  IF me() NOT IN (s.coach, s.mentee) THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only the two people of a session record what was said.');
  ELSIF s.starts > clock() THEN
    PERFORM refuse('FAILED_PRECONDITION NOT_YET', 'It has not begun yet: log it afterwards.');
  END IF;
  IF s.state = 'booked' THEN
    PERFORM close_session(session, 'attended', NULL, minutes);
  ELSIF s.state <> 'attended' THEN
    PERFORM refuse('FAILED_PRECONDITION WRONG_STATE', format('This session is %s: there is nothing to record.', replace(s.state::text, '_', ' ')));
  END IF;
  them := CASE WHEN me() = s.coach THEN s.mentee ELSE s.coach END;
  INSERT INTO conversation (session, coach, mentee, author, recorded) VALUES (log_conversation.session, s.coach, s.mentee, me(), clock())
    ON CONFLICT ON CONSTRAINT conversation_session_author_key DO NOTHING RETURNING conversation.id INTO id;
  IF id IS NULL THEN
    PERFORM refuse('ALREADY_EXISTS RECORDED', 'You have recorded this conversation already.', 'session');
  END IF;
  IF note IS NOT NULL THEN
    INSERT INTO note (conversation, author, other, visible, note)
      VALUES (log_conversation.id, (note).author, them, (note).visible, note);
  END IF;
  FOR a IN SELECT x.owner, x.due, jsonb_populate_record(NULL::sealed, x.action_text) AS text
      FROM jsonb_to_recordset(coalesce(actions, '[]')) x (action_text jsonb, owner text, due text) LOOP
    IF (a.text).box IS NULL OR (a.text).visible <> 'us' THEN
      PERFORM refuse('INVALID_ARGUMENT BAD_ACTION', 'An action has a text, seen by both people.', 'actions.action_text');
    END IF;
    a.owner := action_owner(a.owner, s)::text;
    INSERT INTO action (conversation, engagement, author, owner, other, action_text, due, made)
      VALUES (log_conversation.id, s.engagement, me(), a.owner::bigint,
        CASE WHEN a.owner::bigint = me() THEN them ELSE me() END, a.text, checked_date(a.due, 'actions.due'), clock())
      RETURNING action_ids || action.id INTO action_ids;
  END LOOP;
  UPDATE action t SET state = 'done', changed = clock()
    WHERE t.id = ANY (done) AND t.engagement = s.engagement AND t.state = 'open';
  UPDATE session t SET recorded = coalesce(recorded, clock()), version = t.version + 1 WHERE t.id = log_conversation.session
    RETURNING t.state INTO state;
  visible := (note).visible;
  readers := CASE visible WHEN 'me' THEN ARRAY[name_of(me())] WHEN 'us' THEN ARRAY[name_of(me()), name_of(them)] END;
END $$;

CREATE FUNCTION change_action(which bigint, event text, OUT id bigint, OUT state action_state) LANGUAGE plpgsql AS $$
DECLARE
  a action;
BEGIN
  SELECT * INTO a FROM action t WHERE t.id = which FOR UPDATE;
  IF a.id IS NULL THEN
    PERFORM absent('action');
  END IF;
  UPDATE action t SET state = next_state('action', a.state::text, event)::action_state, changed = clock()
    WHERE t.id = which RETURNING t.id, t.state INTO id, state;
END $$;

CREATE FUNCTION set_action_due(which bigint, due_ text, OUT id bigint, OUT due text) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE action t SET due = checked_date(due_, 'due'), changed = clock() WHERE t.id = which AND t.state = 'open'
    RETURNING t.id, t.due::text INTO id, due;
  IF id IS NULL THEN
    PERFORM absent('open action');
  END IF;
END $$;

-- A conversation of before this register: its existence, no content.
CREATE FUNCTION import_conversation(r jsonb, OUT outcome text, OUT sentence text, OUT id bigint)
LANGUAGE plpgsql AS $$
DECLARE
  coach_ bigint := find_person(coalesce(r ->> 'coach', ''), 'coach');
  mentee_ bigint := find_person(coalesce(r ->> 'mentee', ''), 'mentee');
  home text := coalesce(checked_zone(nullif(r ->> 'zone', '')), (SELECT zone FROM person WHERE person.id = coach_));
  kind activity := coalesce(nullif(r ->> 'activity', ''), 'coaching')::activity;
  became session_state := coalesce(nullif(r ->> 'outcome', ''), 'attended')::session_state;
  length int := checked_minutes((r ->> 'minutes')::int);
  at timestamptz := instant(concat(checked_date(r ->> 'date', 'date'), 'T', r ->> 'start'), home);
  s session;
  e bigint;
BEGIN
  IF became NOT IN ('attended', 'mentee_missed', 'coach_missed') THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_OUTCOME', 'The outcome is attended, mentee_missed or coach_missed.');
  ELSIF at + make_interval(mins => length) > clock() THEN
    PERFORM refuse('INVALID_ARGUMENT NOT_YET', 'It is not past yet.');
  ELSIF coach_ = mentee_ THEN
    PERFORM refuse('INVALID_ARGUMENT ONESELF', 'Coach and mentee are two people.');
  END IF;
  PERFORM lock_people(ARRAY[coach_, mentee_]);
  SELECT * INTO s FROM session t WHERE t.coach = coach_ AND t.mentee = mentee_ AND t.starts = at AND t.state IN ('attended', 'mentee_missed', 'coach_missed');
  IF s.id IS NOT NULL THEN
    id := s.id;
    outcome := CASE WHEN s.minutes = length AND s.state = became THEN 'unchanged' ELSE 'changed' END;
    IF outcome = 'changed' THEN
      sentence := format('%s minutes %s -> %s minutes %s', s.minutes, s.state, length, became);
      UPDATE session t SET minutes = length, state = became, version = t.version + 1 WHERE t.id = s.id;
    END IF;
    RETURN;
  END IF;
  SELECT t.id INTO e FROM engagement t WHERE t.coach = coach_ AND t.mentee = mentee_ AND t.activity = kind
    ORDER BY (t.state IN ('active', 'paused', 'proposed')) DESC, t.id DESC LIMIT 1;
  IF e IS NULL THEN
    INSERT INTO engagement (activity, coach, mentee, state, started, proposed) VALUES (kind, coach_, mentee_, 'active', at, at)
      RETURNING engagement.id INTO e;
  END IF;
  INSERT INTO session (engagement, activity, coach, mentee, coach_organisation, mentee_organisation, state,
      starts, ends, zone, minutes, booked, booked_by, closed, closed_by, recorded)
    SELECT e, kind, coach_, mentee_, c.organisation, m.organisation, became, at, at + make_interval(mins => length), home, length,
      at, me(), clock(), me(), CASE WHEN became = 'attended' THEN clock() END
    FROM person c, person m WHERE c.id = coach_ AND m.id = mentee_ RETURNING * INTO s;
  IF NOT claim_time(s) THEN
    PERFORM refuse('ABORTED SLOT_TAKEN', 'One of the two has another session recorded then.');
  END IF;
  id := s.id;
  outcome := 'added';
  sentence := format('%s, %s minutes', became, length);
END $$;
