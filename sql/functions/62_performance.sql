-- Who manages whom, and the performance conversations of the two.

CREATE FUNCTION name_of(who bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT name FROM person WHERE id = who);
END $$;

-- The one of two people who manages the other on a day; NULL: neither does.
CREATE FUNCTION manager_of(one bigint, other bigint, day date) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT m.manager FROM manages m WHERE ((m.manager, m.member) = (one, other) OR (m.manager, m.member) = (other, one))
    AND m.starts_on <= day AND coalesce(m.ends_on, 'infinity') >= day);
END $$;

CREATE FUNCTION set_manager(who text, manager_text text, since text, until text,
  OUT id bigint, OUT who_name text, OUT manager_name text, OUT "from" text, OUT "to" text)
LANGUAGE plpgsql AS $$
DECLARE
  member_ bigint := find_person(who, 'who');
  manager_ bigint := find_person(manager_text, 'manager');
  first date := coalesce(checked_date(since, 'from'), today());
  last date := checked_date(until, 'to');
  other manages;
BEGIN
  PERFORM lock_people(ARRAY[member_, manager_]);
  who_name := name_of(member_);
  manager_name := name_of(manager_);
  IF member_ = manager_ THEN
    PERFORM refuse('INVALID_ARGUMENT ONESELF', 'Nobody manages themselves.', 'manager');
  ELSIF last < first THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_PERIOD', 'The last day comes before the first.', 'to');
  ELSIF EXISTS (SELECT FROM engagement e WHERE e.state IN ('proposed', 'active', 'paused')
      AND ((e.coach, e.mentee) = (member_, manager_) OR (e.coach, e.mentee) = (manager_, member_))) THEN
    PERFORM refuse('FAILED_PRECONDITION ENGAGED', format('%s and %s work together as coach and mentee: that ends first, since a manager does not coach their own staff.',
      who_name, manager_name), 'manager');
  END IF;
  INSERT INTO manages (manager, member, starts_on, ends_on) VALUES (manager_, member_, first, last)
    ON CONFLICT DO NOTHING RETURNING manages.id INTO id;
  IF id IS NULL THEN
    SELECT * INTO other FROM manages m WHERE least(m.manager, m.member) = least(manager_, member_)
      AND greatest(m.manager, m.member) = greatest(manager_, member_)
      AND daterange(m.starts_on, m.ends_on, '[]') && daterange(first, last, '[]') ORDER BY m.starts_on LIMIT 1;
    PERFORM refuse('ALREADY_EXISTS MANAGED', format('%s manages %s from %s%s: end that first, or choose other days.', name_of(other.manager),
      name_of(other.member), other.starts_on, coalesce(' to ' || other.ends_on, '')), 'from');
  END IF;
  "from" := first;
  "to" := last;
END $$;

CREATE FUNCTION end_manager(who text, manager_text text, last_day_ text,
  OUT id bigint, OUT who_name text, OUT manager_name text, OUT last_day text)
LANGUAGE plpgsql AS $$
DECLARE
  member_ bigint := find_person(who, 'who');
  manager_ bigint := find_person(manager_text, 'manager');
  last date := coalesce(checked_date(last_day_, 'last_day'), today());
  m manages;
BEGIN
  PERFORM lock_people(ARRAY[member_, manager_]);
  who_name := name_of(member_);
  manager_name := name_of(manager_);
  SELECT * INTO m FROM manages t WHERE t.manager = manager_ AND t.member = member_ AND coalesce(t.ends_on, 'infinity') >= last
    ORDER BY t.starts_on LIMIT 1;
  IF m.id IS NULL THEN
    PERFORM refuse('NOT_FOUND NOT_MANAGED', format('%s does not manage %s then.', manager_name, who_name), 'manager');
  ELSIF m.starts_on <= last THEN
    UPDATE manages t SET ends_on = last WHERE t.id = m.id;
    last_day := last;
  ELSIF m.starts_on > today() THEN
    DELETE FROM manages t WHERE t.id = m.id;
  ELSE
    PERFORM refuse('INVALID_ARGUMENT BAD_PERIOD', format('It began on %s: the last day cannot be before that.', m.starts_on), 'last_day');
  END IF;
  id := m.id;
END $$;

-- The two of a performance conversation, when it began; refuses where neither managed
-- the other on that day.
CREATE FUNCTION managed_pair(start text, with_text text, zone text, OUT manager bigint, OUT member bigint, OUT other bigint,
  OUT starts timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  home text := coalesce(checked_zone(zone), my_zone());
  day date;
BEGIN
  IF with_text IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT WHO_MISSING', 'Say with whom.', 'with');
  END IF;
  other := find_person(with_text, 'with');
  starts := CASE WHEN start IS NULL THEN clock() ELSE instant(start, home) END;
  day := (starts AT TIME ZONE home)::date;
  manager := manager_of(me(), other, day);
  member := CASE WHEN manager = other THEN me() ELSE other END;
  IF manager IS NULL THEN
    PERFORM refuse('FAILED_PRECONDITION NOT_MANAGED', format('Neither of you managed the other on %s: a performance conversation is between a manager and their own staff. Ask an administrator to record who manages whom.',
      to_char(day, 'FMDD FMMonth YYYY')), 'with');
  END IF;
END $$;

-- With whom a conversation is to be recorded, and of which kind.
CREATE FUNCTION prepared_for(which bigint, with_text text, wanted record_kind, start text, zone text, replaces_ bigint,
  OUT other bigint, OUT name text, OUT kind record_kind, OUT starts timestamptz)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  kind := CASE WHEN which IS NULL AND (replaces_ IS NOT NULL OR wanted = 'performance') THEN 'performance' ELSE 'pool' END;
  IF which IS NOT NULL THEN
    SELECT CASE WHEN me() = s.coach THEN s.mentee ELSE s.coach END INTO other FROM session s WHERE s.id = which AND me() IN (s.coach, s.mentee);
  ELSIF replaces_ IS NOT NULL THEN
    SELECT CASE WHEN me() = p.manager THEN p.member ELSE p.manager END, p.starts INTO other, starts
      FROM performance p WHERE p.id = replaces_ AND me() IN (p.manager, p.member);
  ELSIF kind = 'performance' THEN
    SELECT p.other, p.starts INTO other, starts FROM managed_pair(start, with_text, zone) p;
  ELSE
    other := find_person(with_text, 'with');
  END IF;
  name := name_of(other);
END $$;

CREATE FUNCTION log_performance(start text, with_text text, minutes int, zone text, note sealed, replaces_ bigint,
  OUT id bigint, OUT state performance_state, OUT with_name text, OUT readers text[], OUT replaces bigint)
LANGUAGE plpgsql AS $$
DECLARE
  old performance;
  pair record;
  finish timestamptz;
BEGIN
  IF replaces_ IS NOT NULL THEN
    SELECT * INTO old FROM performance p WHERE p.id = replaces_ AND me() IN (p.manager, p.member);
    IF old.id IS NULL THEN
      PERFORM absent('performance conversation');
    END IF;
    with_text := CASE WHEN me() = old.manager THEN old.member ELSE old.manager END::text;
    start := coalesce(start, to_char(old.starts AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'));
    minutes := coalesce(minutes, (extract(epoch FROM old.ends - old.starts) / 60)::int);
  ELSIF start IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_TIME', 'Say when it began, as 2026-11-17T10:00.', 'start');
  END IF;
  pair := managed_pair(start, with_text, zone);
  finish := pair.starts + make_interval(mins => checked_minutes(minutes));
  IF finish > clock() THEN
    PERFORM refuse('FAILED_PRECONDITION NOT_YET', 'It has not ended yet: record it afterwards.', 'start');
  ELSIF note IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT NOTHING_SAID', 'Write what was said: both of you sign it.', 'performance_note');
  ELSIF (note).visible <> 'us' THEN
    PERFORM refuse('INVALID_ARGUMENT READ_BY_BOTH', 'A performance conversation is read by both of you: visible is us.', 'performance_note');
  END IF;
  PERFORM lock_people(ARRAY[pair.manager, pair.member]);
  INSERT INTO performance (manager, member, author, member_organisation, starts, ends, recorded, replaces)
    SELECT pair.manager, pair.member, me(), p.organisation, pair.starts, finish, clock(), old.id FROM person p WHERE p.id = pair.member
    ON CONFLICT DO NOTHING RETURNING performance.id, performance.state INTO id, state;
  IF id IS NULL AND old.id IS NULL THEN
    SELECT p.id INTO id FROM performance p WHERE p.manager = pair.manager AND p.member = pair.member AND p.replaces IS NULL
      AND p.starts < finish AND p.ends > pair.starts LIMIT 1;
    PERFORM refuse('ALREADY_EXISTS RECORDED', format('A performance conversation of then is on record (%s): sign it, or correct it.', id), 'start');
  ELSIF id IS NULL THEN
    PERFORM refuse('ALREADY_EXISTS CORRECTED', format('It has been corrected already (%s): correct that one.',
      (SELECT p.id FROM performance p WHERE p.replaces = old.id)), 'replaces');
  END IF;
  INSERT INTO performance_text (performance, author, other, performance_note) VALUES (log_performance.id, (note).author, pair.other, note);
  with_name := name_of(pair.other);
  readers := ARRAY[name_of(me()), with_name];
  replaces := old.id;
END $$;

-- One of the two signs. When both have, what it corrects is replaced; that keeps its
-- text and its signatures.
CREATE FUNCTION sign_conversation(which bigint, OUT id bigint, OUT state performance_state, OUT with_name text)
LANGUAGE plpgsql AS $$
DECLARE
  p performance;
  older bigint;
BEGIN
  SELECT * INTO p FROM performance t WHERE t.id = which AND me() IN (t.manager, t.member);
  IF p.id IS NULL AND EXISTS (SELECT FROM conversation c WHERE c.id = which AND me() IN (c.coach, c.mentee)) THEN
    PERFORM refuse('FAILED_PRECONDITION NOT_PERFORMANCE', 'That is a conversation of coach and mentee: it is nobody''s evidence and is not signed.');
  ELSIF p.id IS NULL THEN
    PERFORM absent('performance conversation');
  END IF;
  PERFORM lock_people(ARRAY[p.manager, p.member]);
  SELECT * INTO p FROM performance t WHERE t.id = which;
  IF (CASE WHEN me() = p.manager THEN p.manager_signed ELSE p.member_signed END) IS NOT NULL THEN
    PERFORM refuse('ALREADY_EXISTS SIGNED', 'You have signed it already.');
  ELSIF p.state = 'replaced' THEN
    PERFORM refuse('FAILED_PRECONDITION WRONG_STATE', 'A record that both have signed has taken its place.');
  END IF;
  UPDATE performance t SET
      state = next_state('performance', p.state::text, CASE WHEN me() = p.manager THEN 'sign_as_manager' ELSE 'sign_as_member' END)::performance_state,
      manager_signed = CASE WHEN me() = p.manager THEN clock() ELSE t.manager_signed END,
      member_signed = CASE WHEN me() = p.member THEN clock() ELSE t.member_signed END
    WHERE t.id = which RETURNING t.id, t.state INTO id, state;
  older := p.replaces;
  WHILE state = 'signed' AND older IS NOT NULL LOOP
    UPDATE performance t SET state = 'replaced' WHERE t.id = older RETURNING t.replaces INTO older;
  END LOOP;
  with_name := name_of(CASE WHEN me() = p.manager THEN p.member ELSE p.manager END);
END $$;
