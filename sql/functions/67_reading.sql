-- Who looked. The daemon puts record_reading around every read (daemon/statement.c),
-- in the read's own statement: what cannot be kept is not shown.

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

-- `shown`: the ids in each row of the answer; `asked`: those of the request. A row
-- that names people is about them, any other about those whom its things concern. Rows
-- about oneself are not seen by virtue of a role; a row without people is about nobody.
CREATE FUNCTION record_reading(method text, rows bigint, shown bigint[], asked bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  width int := array_length(shown, 2);
  about bigint[];
BEGIN
  IF rows = 0 THEN
    RETURN;
  END IF;
  WITH cell AS (
    SELECT (n - 1) / width AS row, id FROM unnest(shown) WITH ORDINALITY u (id, n) WHERE id IS NOT NULL
    UNION ALL SELECT -1, id FROM unnest(asked) id WHERE id IS NOT NULL
  ), named AS (
    SELECT c.row, p.id AS person FROM cell c JOIN person p ON p.id = c.id
    UNION ALL SELECT -1, a::bigint FROM string_to_table(nullif(current_setting('coachhouse.asked', true), ''), ',') a
  ), told AS (
    SELECT row, person FROM named
    UNION ALL SELECT c.row, t.person FROM cell c,
        LATERAL (SELECT k.person FROM concern k WHERE k.thing = c.id AND k.person IS NOT NULL OFFSET 0) t
      WHERE c.row NOT IN (SELECT n.row FROM named n)
  )
  SELECT coalesce(array_agg(DISTINCT t.person), '{}') INTO about
    FROM told t, (SELECT coalesce(array_agg(row) FILTER (WHERE person = me()), '{}') FROM told) own (rows)
    WHERE t.row <> ALL (own.rows) AND NOT (t.row = -1 AND 0 <= ANY (own.rows));
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
BEGIN
  IF NOT administers() AND (everybody OR who <> me() OR by_ <> me()) THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'You see who looked at you; anything else administrators see.', 'who');
  ELSIF everybody OR by_ IS NOT NULL AND who_text IS NULL THEN
    RETURN QUERY SELECT r.id, r.at, r.reader, name_of(r.reader), r.method, r.people FROM reading r
      WHERE (by_ IS NULL OR r.reader = by_) AND r.id < coalesce(before, 9223372036854775807) ORDER BY r.id DESC LIMIT most;
  ELSE
    RETURN QUERY SELECT r.reading, r.at, r.reader, name_of(r.reader), r.method, r.people FROM reading_about r
      WHERE r.person = who AND (by_ IS NULL OR r.reader = by_) AND r.reading < coalesce(before, 9223372036854775807)
      ORDER BY r.reading DESC LIMIT most;
  END IF;
END $$;
