-- Who looked. The daemon puts record_reading around every read of somebody who administers
-- (daemon/statement.c), in the read's own statement: what cannot be kept is not shown.
-- Nobody administers of whom it does not know that (authenticate).

-- Whom a thing is about, by its id. Every table of things with people stands here. One
-- column a line, so that a thing is found by its index and not by reading them all.
CREATE VIEW concern WITH (security_invoker) AS
  SELECT id AS thing, coach AS person FROM session
  UNION ALL SELECT id, mentee FROM session
  UNION ALL SELECT id, coach FROM engagement
  UNION ALL SELECT id, mentee FROM engagement
  UNION ALL SELECT id, mentee FROM request
  UNION ALL SELECT id, coach FROM request
  UNION ALL SELECT id, coach FROM conversation
  UNION ALL SELECT id, mentee FROM conversation
  UNION ALL SELECT id, manager FROM performance
  UNION ALL SELECT id, member FROM performance
  UNION ALL SELECT id, manager FROM manages
  UNION ALL SELECT id, member FROM manages
  UNION ALL SELECT id, owner FROM action
  UNION ALL SELECT id, other FROM action
  UNION ALL SELECT id, author FROM disclosure
  UNION ALL SELECT id, other FROM disclosure
  UNION ALL SELECT id, recipient FROM disclosure
  UNION ALL SELECT id, person FROM key
  UNION ALL SELECT id, person FROM invitation
  UNION ALL SELECT id, person FROM person_hold
  UNION ALL SELECT id, coach FROM away
  UNION ALL SELECT id, coach FROM opening
  UNION ALL SELECT id, coach FROM pattern;

-- Those whom an administrator asked for by name, until the end of the call.
CREATE FUNCTION note_asked(who bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF administers() THEN
    PERFORM set_config('coachhouse.asked', concat_ws(',', nullif(current_setting('coachhouse.asked', true), ''), who), true);
  END IF;
  RETURN who;
END $$;

CREATE FUNCTION keep_reading(method text, about bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  n int := cardinality(about);
  this bigint;
BEGIN
  INSERT INTO reading (reader, method, at, people) VALUES (me(), keep_reading.method, clock(), n) RETURNING id INTO this;
  INSERT INTO reading_about (person, reading, reader, method, at, people)
    SELECT p, this, me(), keep_reading.method, clock(), n FROM unnest(about) p;
END $$;

-- The ids of an answer with their rows from 0, and those of the request with row -1.
CREATE FUNCTION cells(shown bigint[], asked bigint[], width int) RETURNS TABLE (line bigint, id bigint) LANGUAGE sql IMMUTABLE AS $$
  SELECT (n - 1) / width, u.id FROM unnest(shown) WITH ORDINALITY u (id, n) WHERE u.id IS NOT NULL
  UNION ALL SELECT -1, a FROM unnest(asked) a WHERE a IS NOT NULL
$$;

-- `shown`: the ids in each row of the answer; `asked`: those of the request. A row
-- that names people is about them, any other about those whom its things concern. Rows
-- about oneself are not seen by virtue of a role, nor is what was asked for when all are
-- such; a row without people is about nobody. What was to be made on a standby is kept
-- already (71_standby.sql).
CREATE FUNCTION record_reading(method text, rows bigint, shown bigint[], asked bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  width int := array_length(shown, 2);
  told_at bigint[];
  told bigint[];
  lone_at bigint[];
  lone bigint[];
  own bigint[];
  about bigint[];
BEGIN
  IF rows = 0 OR current_setting('coachhouse.kept', true) = 'yes' THEN
    RETURN;
  END IF;
  SELECT array_agg(t.line), array_agg(t.person) INTO told_at, told FROM (
    SELECT c.line, p.id FROM cells(shown, asked, width) c JOIN person p ON p.id = c.id
    UNION ALL SELECT -1, a::bigint FROM string_to_table(nullif(current_setting('coachhouse.asked', true), ''), ',') a
  ) t (line, person);
  SELECT array_agg(c.line), array_agg(c.id) INTO lone_at, lone FROM cells(shown, asked, width) c
    WHERE c.line NOT IN (SELECT unnest(told_at));
  IF lone IS NOT NULL THEN
    SELECT told_at || array_agg(l.line), told || array_agg(t.person) INTO told_at, told
      FROM unnest(lone_at, lone) l (line, id),
        LATERAL (SELECT k.person FROM concern k WHERE k.thing = l.id AND k.person IS NOT NULL OFFSET 0) t;
  END IF;
  own := (SELECT coalesce(array_agg(t.line), '{}') FROM unnest(told_at, told) t (line, person) WHERE t.person = me());
  about := (SELECT coalesce(array_agg(DISTINCT t.person), '{}') FROM unnest(told_at, told) t (line, person)
    WHERE t.line <> ALL (own) AND NOT (t.line = -1
      AND rows = (SELECT count(DISTINCT o) FROM unnest(own) o WHERE o >= 0)));
  -- A report has no ids and is kept for that it was read; a list of no people is not.
  IF about <> '{}' OR width IS NULL AND asked = '{}' THEN
    PERFORM keep_reading(method, about);
  END IF;
END $$;

-- Readings, the last first: about a person, by a person, or all of them.
CREATE FUNCTION readings(who_text text, by_text text, everybody boolean, before bigint, most int)
RETURNS TABLE (id bigint, at timestamptz, reader bigint, reader_name text, method text, people int)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  who bigint := CASE WHEN who_text IS NULL THEN me() ELSE find_person(who_text, 'who') END;
  by_ bigint := CASE WHEN by_text IS NOT NULL THEN find_person(by_text, 'by') END;
  first bigint := coalesce(before, 9223372036854775807);
BEGIN
  IF NOT administers() AND (everybody OR who <> me() OR by_ <> me()) THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'You see who looked at you; anything else administrators see.', 'who');
  ELSIF everybody OR by_ IS NOT NULL AND who_text IS NULL THEN
    RETURN QUERY SELECT r.id, r.at, r.reader, name_of(r.reader), r.method, r.people FROM reading r
      WHERE (by_ IS NULL OR r.reader = by_) AND r.id < first ORDER BY r.id DESC LIMIT most;
  ELSE
    RETURN QUERY SELECT r.reading, r.at, r.reader, name_of(r.reader), r.method, r.people FROM reading_about r
      WHERE r.person = who AND (by_ IS NULL OR r.reader = by_) AND r.reading < first
      ORDER BY r.reading DESC LIMIT most;
  END IF;
END $$;
