-- Putting right, holding and erasing what is kept about a person.

CREATE FUNCTION is_held(who bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM person_hold WHERE person = who AND lifted IS NULL);
END $$;

-- Oneself: the name. Administrators: name and address of anybody. Invitations on
-- their way to an address that was wrong open nothing any more.
CREATE FUNCTION change_person(who_text text, name_ text, email_ text,
  OUT id bigint, OUT name text, OUT email text, OUT invitations_ended int)
LANGUAGE plpgsql AS $$
BEGIN
  id := CASE WHEN who_text IS NULL THEN me() ELSE find_person(who_text, 'who') END;
  IF NOT administers() AND (id <> me() OR email_ IS NOT NULL) THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'You may put your own name right; anything else an administrator does.',
      CASE WHEN id <> me() THEN 'who' ELSE 'email' END);
  ELSIF name_ IS NULL AND email_ IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT NOTHING_TO_CHANGE', 'Say what is to be put right: a name or an e-mail address.');
  END IF;
  invitations_ended := 0;
  IF name_ IS NOT NULL THEN
    UPDATE person p SET name = checked_name(name_) WHERE p.id = change_person.id;
  END IF;
  IF email_ IS NOT NULL THEN
    UPDATE contact c SET email = checked_email(trim(email_)) WHERE c.person = change_person.id;
    UPDATE invitation i SET expires = clock() WHERE i.person = change_person.id AND i.used IS NULL AND i.expires > clock();
    GET DIAGNOSTICS invitations_ended = ROW_COUNT;
  END IF;
  SELECT p.name, c.email INTO change_person.name, change_person.email
    FROM person p LEFT JOIN contact c ON c.person = p.id WHERE p.id = change_person.id;
END $$;

-- Reasons stay when the person goes, so they must not name them.
CREATE FUNCTION checked_reason(why text, who bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF coalesce(trim(why), '') = '' THEN
    PERFORM refuse('INVALID_ARGUMENT NO_REASON', 'Say why: the reason is kept.', 'reason');
  ELSIF EXISTS (SELECT FROM person p LEFT JOIN contact c ON c.person = p.id WHERE p.id = who
      AND (plain(why) LIKE '%' || literal(p.name) || '%' OR plain(why) LIKE '%' || literal(c.email) || '%')) THEN
    PERFORM refuse('INVALID_ARGUMENT NAMED', 'The reason is kept for good: say it without the name or the address.', 'reason');
  END IF;
  RETURN trim(why);
END $$;

CREATE FUNCTION place_hold(who_text text, why text, OUT id bigint, OUT person bigint, OUT name text, OUT placed timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
  who bigint := find_person(who_text, 'who');
BEGIN
  INSERT INTO person_hold (person, reason, placed_by) VALUES (who, checked_reason(why, who), me())
    ON CONFLICT DO NOTHING
    RETURNING person_hold.id, person_hold.person, person_hold.placed INTO id, person, placed;
  IF id IS NULL THEN
    PERFORM refuse('ALREADY_EXISTS ON_HOLD', 'A hold lies on this person already.', 'who');
  END IF;
  SELECT p.name INTO name FROM person p WHERE p.id = who;
END $$;

CREATE FUNCTION lift_hold(who_text text, why text, OUT id bigint, OUT person bigint, OUT name text, OUT lifted timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
  who bigint := find_person(who_text, 'who');
BEGIN
  UPDATE person_hold h SET lifted = clock(), lifted_by = me(), lift_reason = checked_reason(why, who)
    WHERE h.person = who AND h.lifted IS NULL RETURNING h.id, h.person, h.lifted INTO id, person, lifted;
  IF id IS NULL THEN
    PERFORM refuse('NOT_FOUND NOT_ON_HOLD', 'No hold lies on this person.', 'who');
  END IF;
  SELECT p.name INTO name FROM person p WHERE p.id = who;
END $$;

-- What is still to come with this person ends, as it would if both agreed to it.
CREATE FUNCTION end_what_is_open(who bigint, by_ bigint, OUT sessions int, OUT engagements int, OUT requests int)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_people(array_agg(p)) FROM (
    SELECT who UNION SELECT CASE WHEN coach = who THEN mentee ELSE coach END FROM engagement
      WHERE (coach = who OR mentee = who) AND state IN ('proposed', 'active', 'paused')
    UNION SELECT mentee FROM request WHERE coach = who AND state = 'offered') held (p);
  UPDATE session SET state = 'cancelled', version = version + 1, closed = clock(), closed_by = by_
    WHERE (coach = who OR mentee = who)
      AND (state IN ('requested', 'to_be_arranged') OR (state = 'booked' AND starts > clock()));
  GET DIAGNOSTICS sessions = ROW_COUNT;
  UPDATE request SET state = 'withdrawn', withdrawn = clock() WHERE mentee = who AND state IN ('submitted', 'offered');
  GET DIAGNOSTICS requests = ROW_COUNT;
  UPDATE request SET state = 'submitted', coach = NULL, engagement = NULL WHERE coach = who AND state = 'offered';
  UPDATE request SET state = 'closed', closed = clock() WHERE state = 'matched' AND first_attended IS NULL
    AND engagement IN (SELECT id FROM engagement WHERE (coach = who OR mentee = who) AND state IN ('active', 'paused'));
  UPDATE engagement SET version = version + 1, ended = clock(),
      state = CASE state WHEN 'proposed' THEN 'declined' ELSE 'ended_early' END::engagement_state
    WHERE (coach = who OR mentee = who) AND state IN ('proposed', 'active', 'paused');
  GET DIAGNOSTICS engagements = ROW_COUNT;
  UPDATE registration SET state = 'left', version = version + 1 WHERE person = who AND state <> 'left';
END $$;

-- What somebody erased wrote goes, and so does what was written into the sessions
-- and engagements with them. What others wrote as their own notes is theirs. What
-- touches somebody on whom a hold lies waits until it is lifted.
CREATE FUNCTION forget_texts(who bigint, OUT notes int, OUT actions int) LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM note n USING conversation c WHERE c.id = n.conversation AND (c.coach = who OR c.mentee = who) AND n.author = who AND NOT is_held(n.other);
  GET DIAGNOSTICS notes = ROW_COUNT;
  -- A performance conversation is about the member of staff, whoever of the two wrote it.
  DELETE FROM performance_text t USING performance p WHERE p.id = t.performance AND (p.manager = who OR p.member = who) AND who IN (t.author, p.member)
    AND NOT is_held(CASE WHEN p.member = who THEN p.manager ELSE p.member END);
  DELETE FROM action WHERE (owner = who OR other = who) AND author = who AND NOT is_held(CASE WHEN owner = who THEN other ELSE owner END);
  GET DIAGNOSTICS actions = ROW_COUNT;
  UPDATE action SET state = 'dropped', changed = clock() WHERE owner = who AND state = 'open';
  UPDATE session SET venue = NULL, reason = NULL, override_reason = NULL, dispute_reason = NULL
    WHERE (coach = who OR mentee = who) AND num_nonnulls(venue, reason, override_reason, dispute_reason) > 0
      AND NOT is_held(CASE WHEN coach = who THEN mentee ELSE coach END);
  UPDATE engagement SET end_reason = NULL WHERE (coach = who OR mentee = who) AND end_reason IS NOT NULL
    AND NOT is_held(CASE WHEN coach = who THEN mentee ELSE coach END);
  UPDATE offer_answer a SET reason = NULL FROM request r WHERE r.id = a.request AND a.reason IS NOT NULL
    AND a.coach = who AND NOT is_held(r.mentee);
  UPDATE offer_answer a SET reason = NULL FROM request r WHERE r.id = a.request AND a.reason IS NOT NULL
    AND r.mentee = who AND NOT is_held(a.coach);
END $$;

-- Replies that are kept for calls sent twice: those of the person, upon what is
-- theirs, and any that says their name, address or key.
CREATE FUNCTION forget_replies(who bigint) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  words bytea[] := ARRAY(SELECT convert_to(word, 'UTF8') FROM (
    SELECT name FROM person WHERE id = who UNION SELECT email FROM contact WHERE person = who) w (word));
  things bigint[] := ARRAY(SELECT who UNION SELECT id FROM session WHERE coach = who OR mentee = who
    UNION SELECT id FROM engagement WHERE coach = who OR mentee = who UNION SELECT id FROM request WHERE mentee = who OR coach = who
    UNION SELECT id FROM conversation WHERE coach = who OR mentee = who
    UNION SELECT id FROM performance WHERE manager = who OR member = who);
  emptied int;
BEGIN
  UPDATE receipt SET reply = NULL, hash = NULL WHERE reply IS NOT NULL
    AND (person = who OR subject = ANY (things) OR EXISTS (SELECT FROM unnest(words) w WHERE position(w IN reply) > 0));
  GET DIAGNOSTICS emptied = ROW_COUNT;
  RETURN emptied;
END $$;

-- Erases a person: what says who they are goes, numbers, times and organisations
-- stay, so that no count of the past changes.
CREATE FUNCTION forget_person(who bigint, by_ bigint, why text, at_ timestamptz,
  OUT sessions int, OUT engagements int, OUT requests int, OUT notes int, OUT actions int, OUT keys int, OUT replies int)
LANGUAGE plpgsql AS $$
DECLARE
  ended record := end_what_is_open(who, by_);
  texts record := forget_texts(who);
BEGIN
  sessions := ended.sessions;
  engagements := ended.engagements;
  requests := ended.requests;
  notes := texts.notes;
  actions := texts.actions;
  replies := forget_replies(who);
  DELETE FROM key WHERE person = who;
  GET DIAGNOSTICS keys = ROW_COUNT;
  DELETE FROM invitation WHERE person = who;
  DELETE FROM contact WHERE person = who;
  DELETE FROM manages WHERE manager = who OR member = who;
  DELETE FROM role_held WHERE person = who AND starts_on > today();
  UPDATE role_held SET ends_on = today() WHERE person = who AND coalesce(ends_on, 'infinity') > today();
  UPDATE registration SET specialisms = '{}', languages = '{}' WHERE person = who;
  DELETE FROM pattern WHERE coach = who AND valid_from > today();
  UPDATE pattern SET valid_to = today() WHERE coach = who AND coalesce(valid_to, 'infinity') > today();
  DELETE FROM opening WHERE coach = who AND starts > clock();
  DELETE FROM away WHERE coach = who AND starts > clock();
  UPDATE away SET reason = NULL WHERE coach = who AND reason IS NOT NULL;
  UPDATE person SET name = 'somebody erased', zone = (SELECT s.zone FROM site s),
    left_on = coalesce(left_on, today()), erased = at_ WHERE id = who;
  INSERT INTO erasure (person, at, by, reason) VALUES (who, at_, by_, why) ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION erase_person(who_text text, why text, dry_run boolean,
  OUT id bigint, OUT person bigint, OUT sessions_cancelled int, OUT engagements_ended int, OUT requests_ended int,
  OUT notes int, OUT actions int, OUT keys int, OUT replies int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  since timestamptz;
  gone record;
BEGIN
  IF NOT administers() THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only administrators may do this.');
  END IF;
  person := find_person(who_text, 'who');
  SELECT h.placed INTO since FROM person_hold h WHERE h.person = erase_person.person AND h.lifted IS NULL;
  IF person = me() THEN
    PERFORM refuse('INVALID_ARGUMENT ONESELF', 'Another administrator has to do this.', 'who');
  ELSIF since IS NOT NULL THEN
    PERFORM refuse('FAILED_PRECONDITION ON_HOLD', format('A hold lies on this person since %s: nothing is erased until it is lifted.',
      to_char(since AT TIME ZONE my_zone(), 'FMDD FMMonth YYYY')), 'who');
  END IF;
  BEGIN
    gone := forget_person(person, me(), CASE WHEN NOT coalesce(dry_run, false) THEN checked_reason(why, person) END, clock());
    IF dry_run THEN
      RAISE EXCEPTION USING ERRCODE = 'ZC099', MESSAGE = 'undo';
    END IF;
    id := person;
  EXCEPTION WHEN SQLSTATE 'ZC099' THEN
    NULL;  -- the counts stay
  END;
  sessions_cancelled := gone.sessions;
  engagements_ended := gone.engagements;
  requests_ended := gone.requests;
  notes := gone.notes;
  actions := gone.actions;
  keys := gone.keys;
  replies := gone.replies;
END $$;

-- For the daemon's ledger outside the database; none when it has as many already.
CREATE FUNCTION erasures_made(known bigint) RETURNS TABLE (person bigint, added text, at text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  form text := 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
BEGIN
  RETURN QUERY SELECT p.id, to_char(p.added AT TIME ZONE 'UTC', form), to_char(e.at AT TIME ZONE 'UTC', form)
    FROM erasure e JOIN person p ON p.id = e.person WHERE (SELECT count(*) FROM erasure) <> known ORDER BY p.id;
END $$;

-- Before the doors open, as the owner: whoever stands in the ledger and is here
-- unerased came back with a backup. The second date tells them from somebody new
-- who was given the same number.
CREATE FUNCTION erase_again(people bigint[], added_ timestamptz[], at_ timestamptz[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  l record;
  again int := 0;
BEGIN
  FOR l IN SELECT x.* FROM unnest(people, added_, at_) x (who, added, at)
      JOIN person p ON p.id = x.who AND p.added = x.added WHERE p.erased IS NULL ORDER BY x.who LOOP
    PERFORM forget_person(l.who, NULL, NULL, l.at);
    again := again + 1;
  END LOOP;
  RETURN again;
END $$;
