-- Disclosure: what was said, given to a third person for a reason. Nobody reads it
-- another way than disclosed().

-- A manager is never given what their staff said to a coach, this way either.
CREATE FUNCTION check_recipient(recipient bigint, author bigint, other bigint, kind record_kind) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF recipient IN (author, other) THEN
    PERFORM refuse('INVALID_ARGUMENT INVOLVED', 'The recipient cannot be one of the two people of the conversation.', 'recipient');
  ELSIF EXISTS (SELECT FROM person p WHERE p.id = recipient AND p.erased IS NOT NULL) THEN
    PERFORM refuse('FAILED_PRECONDITION GONE', 'Who was to read it has been erased: ask for somebody else.', 'recipient');
  ELSIF kind = 'pool' AND EXISTS (SELECT FROM manages m WHERE m.manager = recipient AND m.member IN (author, other)
      AND coalesce(m.ends_on, 'infinity') >= today()) THEN
    PERFORM refuse('FAILED_PRECONDITION RECIPIENT_MANAGES', 'A manager is never given what their own staff said to a coach: name somebody else.', 'recipient');
  END IF;
END $$;

CREATE FUNCTION request_disclosure(which bigint, author_text text, recipient_text text, grounds_ disclosure_grounds, why text,
  OUT id bigint, OUT state disclosure_state, OUT author_name text, OUT recipient_name text)
LANGUAGE plpgsql AS $$
DECLARE
  writer bigint := CASE WHEN author_text IS NOT NULL THEN find_person(author_text, 'author') END;
  reader bigint;
  r record;
  n int;
BEGIN
  SELECT t.*, count(*) OVER () AS n INTO r FROM (
      SELECT 'pool'::record_kind AS kind, c.id, s.starts, c.author, CASE WHEN c.author = c.coach THEN c.mentee ELSE c.coach END AS other
        FROM conversation c JOIN session s ON s.id = c.session WHERE which IN (c.id, c.session)
      UNION ALL
      SELECT 'performance', p.id, p.starts, p.author, CASE WHEN p.author = p.manager THEN p.member ELSE p.manager END
        FROM performance p WHERE p.id = which) t
    WHERE writer IS NULL OR t.author = writer LIMIT 1;
  IF r.id IS NULL THEN
    PERFORM absent('conversation');
  ELSIF r.n > 1 THEN
    PERFORM refuse('INVALID_ARGUMENT WHOSE', 'Both wrote a record of it: say whose.', 'author');
  ELSIF me() IN (r.author, r.other) THEN
    PERFORM refuse('FAILED_PRECONDITION INVOLVED', 'You are one of the two: another administrator has to ask for it.');
  ELSIF recipient_text IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT WHO_MISSING', 'Say who is to read it.', 'recipient');
  ELSIF grounds_ IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT NO_GROUNDS', 'Only risk of harm or illegality is a ground: say which.', 'grounds');
  END IF;
  reader := find_person(recipient_text, 'recipient');
  PERFORM check_recipient(reader, r.author, r.other, r.kind);
  INSERT INTO disclosure (kind, record, starts, author, other, recipient, grounds, reason, requested_by, requested)
    VALUES (r.kind, r.id, r.starts, r.author, r.other, reader, grounds_, checked_reason(checked_reason(why, r.author), r.other), me(), clock())
    ON CONFLICT DO NOTHING RETURNING disclosure.id, disclosure.state INTO id, state;
  IF id IS NULL THEN
    PERFORM refuse('ALREADY_EXISTS REQUESTED', 'This is asked for already and waits for an answer.');
  END IF;
  author_name := name_of(r.author);
  recipient_name := name_of(reader);
END $$;

CREATE FUNCTION decide_disclosure(which bigint, event text,
  OUT id bigint, OUT state disclosure_state, OUT recipient_name text, OUT until timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
  d disclosure;
  next disclosure_state;
BEGIN
  SELECT * INTO d FROM disclosure t WHERE t.id = which FOR UPDATE;
  IF d.id IS NULL THEN
    PERFORM absent('disclosure');
  END IF;
  next := next_state('disclosure', d.state::text, event);
  IF event = 'approve' THEN
    IF me() IN (d.author, d.other) THEN
      PERFORM refuse('PERMISSION_DENIED INVOLVED', 'You are one of the two: another administrator has to decide.');
    ELSIF me() IN (d.requested_by, d.recipient) THEN
      PERFORM refuse('PERMISSION_DENIED FOUR_EYES', 'Somebody has to approve it who neither asked for it nor will read it.');
    END IF;
    PERFORM check_recipient(d.recipient, d.author, d.other, d.kind);
  END IF;
  UPDATE disclosure t SET state = next,
      decided_by = CASE WHEN event = 'end' THEN t.decided_by ELSE me() END, decided = CASE WHEN event = 'end' THEN t.decided ELSE clock() END,
      until = CASE WHEN event = 'approve' THEN clock() + make_interval(days => (SELECT disclosure_days FROM site)) ELSE t.until END,
      ended_by = CASE WHEN event = 'end' THEN me() END, ended = CASE WHEN event = 'end' THEN clock() END
    WHERE t.id = which RETURNING t.id, t.state, t.until INTO id, state, until;
  recipient_name := name_of(d.recipient);
END $$;

-- What was said, to the recipient of an approved disclosure and while it lasts; each
-- time is kept. Sees what row security shows to the two alone.
CREATE FUNCTION disclosed(which bigint, OUT id bigint, OUT kind record_kind, OUT starts timestamptz, OUT author_name text,
  OUT other_name text, OUT grounds disclosure_grounds, OUT reason text, OUT until timestamptz,
  OUT note sealed, OUT performance_note sealed, OUT action_text sealed[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  d disclosure;
BEGIN
  SELECT * INTO d FROM disclosure t WHERE t.id = which AND t.recipient = me() AND t.state IN ('approved', 'ended') FOR UPDATE;
  IF d.id IS NULL THEN
    PERFORM absent('disclosure');
  ELSIF d.state = 'ended' OR d.until <= clock() THEN
    PERFORM refuse('FAILED_PRECONDITION OVER', 'The time for reading it is over.');
  END IF;
  PERFORM check_recipient(d.recipient, d.author, d.other, d.kind);
  UPDATE disclosure t SET first_read = coalesce(t.first_read, clock()), reads = t.reads + 1 WHERE t.id = which;
  PERFORM keep_reading('ReviewDisclosure', ARRAY[d.author, d.other]);
  id := d.id;
  kind := d.kind;
  starts := d.starts;
  author_name := name_of(d.author);
  other_name := name_of(d.other);
  grounds := d.grounds;
  reason := d.reason;
  until := d.until;
  note := (SELECT n.note FROM note n WHERE n.conversation = d.record AND d.kind = 'pool');
  performance_note := (SELECT n.performance_note FROM performance_text n WHERE n.performance = d.record AND d.kind = 'performance');
  action_text := (SELECT array_agg(a.action_text ORDER BY a.id) FROM action a WHERE a.conversation = d.record AND d.kind = 'pool');
END $$;
