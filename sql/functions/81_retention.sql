-- How long things are kept. Without a period nothing is removed.

-- "6 years", "18m", "90 days"; "forever" is none.
CREATE FUNCTION checked_period(text_ text) RETURNS interval LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  part text[] := regexp_match(lower(trim(text_)), '^([0-9]{1,4}) ?(d|day|days|m|month|months|y|year|years)$');
  period interval := (part[1] || ' ' || CASE left(part[2], 1) WHEN 'd' THEN 'days' WHEN 'm' THEN 'months' ELSE 'years' END)::interval;
BEGIN
  IF text_ IS NULL OR lower(trim(text_)) = 'forever' THEN
    RETURN NULL;
  ELSIF period IS NULL OR period < interval '1 month' OR period > interval '100 years' THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_PERIOD', 'A period is 30 days at least, such as "90 days", "18 months" or "6 years", or "forever".', 'period');
  END IF;
  RETURN period;
END $$;

CREATE FUNCTION period_text(period interval) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN period IS NULL THEN 'forever'
    WHEN extract(day FROM period) > 0 THEN extract(day FROM period) || ' days'
    WHEN extract(month FROM period) > 0 THEN extract(month FROM period) + 12 * extract(year FROM period) || ' months'
    ELSE extract(year FROM period) || CASE WHEN extract(year FROM period) = 1 THEN ' year' ELSE ' years' END END
$$;

CREATE FUNCTION retention_sentence(class retention_class) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE class
    WHEN 'conversation_texts' THEN 'notes and actions of conversations, from when they took place'
    WHEN 'performance_texts' THEN 'what was said in performance conversations, from when they took place'
    WHEN 'conversations' THEN 'that a conversation was recorded, and by whom, from when it took place'
    WHEN 'session_texts' THEN 'venues and reasons, from the end of the session, engagement or absence'
    WHEN 'people_left' THEN 'people who left, from their last day: they are erased'
    WHEN 'keys' THEN 'keys that were revoked and invitations that were used or expired'
    WHEN 'receipts' THEN 'who did what, when, upon which thing, and who looked at whom' END
$$;

-- What of a class is older than `before`, from when its time counts, and whether a
-- hold keeps it. The preview counts these, and these are removed.
CREATE FUNCTION older(class retention_class, before timestamptz) RETURNS TABLE (id bigint, since timestamptz, held boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  holds bigint[] := ARRAY(SELECT h.person FROM person_hold h WHERE h.lifted IS NULL);
BEGIN
  CASE class
  WHEN 'conversation_texts' THEN
    RETURN QUERY SELECT c.id, greatest(s.ends, a.due), ARRAY[c.coach, c.mentee] && holds
      FROM (SELECT n.conversation FROM note n UNION SELECT t.conversation FROM action t) has
      JOIN conversation c ON c.id = has.conversation JOIN session s ON s.id = c.session,
      LATERAL (SELECT max(t.due)::timestamptz FROM action t WHERE t.conversation = c.id) a (due)
      WHERE greatest(s.ends, a.due) < before;
  WHEN 'performance_texts' THEN
    RETURN QUERY SELECT p.id, p.ends, ARRAY[p.manager, p.member] && holds
      FROM performance p JOIN performance_text t ON t.performance = p.id WHERE p.ends < before;
  WHEN 'conversations' THEN
    RETURN QUERY SELECT c.id, s.ends, ARRAY[c.coach, c.mentee] && holds
      FROM conversation c JOIN session s ON s.id = c.session WHERE s.ends < before;
  WHEN 'session_texts' THEN
    RETURN QUERY SELECT s.id, coalesce(s.ends, s.closed, s.booked), ARRAY[s.coach, s.mentee] && holds FROM session s
      WHERE coalesce(s.ends, s.closed, s.booked) < before AND num_nonnulls(s.venue, s.reason, s.override_reason, s.dispute_reason) > 0
    UNION ALL SELECT e.id, e.ended, ARRAY[e.coach, e.mentee] && holds FROM engagement e WHERE e.ended < before AND e.end_reason IS NOT NULL
    UNION ALL SELECT r.id, max(a.answered), bool_or(ARRAY[a.coach, r.mentee] && holds) FROM offer_answer a JOIN request r ON r.id = a.request
      WHERE a.reason IS NOT NULL GROUP BY r.id HAVING max(a.answered) < before
    UNION ALL SELECT w.id, w.ends, w.coach = ANY (holds) FROM away w WHERE w.ends < before AND w.reason IS NOT NULL;
  WHEN 'people_left' THEN
    RETURN QUERY SELECT p.id, p.left_on::timestamptz, p.id = ANY (holds) FROM person p
      WHERE p.erased IS NULL AND p.left_on::timestamptz < before;
  WHEN 'keys' THEN
    RETURN QUERY SELECT k.id, k.revoked, k.person = ANY (holds) FROM key k WHERE k.revoked < before
    UNION ALL SELECT i.id, coalesce(i.used, i.expires), i.person = ANY (holds) FROM invitation i WHERE coalesce(i.used, i.expires) < before;
  WHEN 'receipts' THEN
    RETURN QUERY SELECT NULL::bigint, r.at, ARRAY[r.person, r.subject] && holds FROM receipt r WHERE r.at < before
    UNION ALL SELECT r.id, r.at, EXISTS (SELECT FROM reading_about a WHERE a.reading = r.id AND a.person = ANY (holds)) FROM reading r WHERE r.at < before;
  END CASE;
END $$;

-- Removes at most `most` of a class; how many it removed.
CREATE FUNCTION remove_older(class retention_class, before timestamptz, most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  holds bigint[] := ARRAY(SELECT h.person FROM person_hold h WHERE h.lifted IS NULL);
  ids bigint[];
  gone int;
BEGIN
  IF class = 'receipts' THEN
    -- As in `older`, which would read all of them for these.
    ids := ARRAY(SELECT r.id FROM reading r WHERE r.at < before
      AND NOT EXISTS (SELECT FROM reading_about a WHERE a.reading = r.id AND a.person = ANY (holds)) ORDER BY r.id LIMIT most);
    DELETE FROM reading_about WHERE reading = ANY (ids);
    DELETE FROM reading WHERE id = ANY (ids);
    DELETE FROM receipt WHERE (caller, call) IN (SELECT r.caller, r.call FROM receipt r
      WHERE r.at < before AND NOT ARRAY[r.person, r.subject] && holds ORDER BY r.at LIMIT most - cardinality(ids));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN cardinality(ids) + gone;
  END IF;
  ids := ARRAY(SELECT o.id FROM older(class, before) o WHERE NOT o.held ORDER BY o.since LIMIT most);
  CASE class
  WHEN 'conversation_texts' THEN
    DELETE FROM note WHERE conversation = ANY (ids);
    DELETE FROM action WHERE conversation = ANY (ids);
  WHEN 'performance_texts' THEN
    DELETE FROM performance_text WHERE performance = ANY (ids);
  WHEN 'conversations' THEN
    DELETE FROM note WHERE conversation = ANY (ids);
    DELETE FROM action WHERE conversation = ANY (ids);
    DELETE FROM conversation WHERE id = ANY (ids);
  WHEN 'session_texts' THEN
    UPDATE session SET venue = NULL, reason = NULL, override_reason = NULL, dispute_reason = NULL WHERE id = ANY (ids);
    UPDATE engagement SET end_reason = NULL WHERE id = ANY (ids);
    UPDATE offer_answer SET reason = NULL WHERE request = ANY (ids);
    UPDATE away SET reason = NULL WHERE id = ANY (ids);
  WHEN 'people_left' THEN
    PERFORM forget_person(p, NULL, NULL, clock()) FROM unnest(ids) p;
  WHEN 'keys' THEN
    DELETE FROM key WHERE id = ANY (ids);
    DELETE FROM invitation WHERE id = ANY (ids);
  END CASE;
  RETURN cardinality(ids);
END $$;

-- A part of what is due, of each class once a day until nothing is left; true: more
-- is due. What one class cannot have removed keeps no other: it is named in `failed`,
-- and tried again. One daemon at a time. What touched somebody on hold when the other was
-- erased goes once the hold is lifted.
CREATE FUNCTION apply_retention(OUT more boolean, OUT failed text) LANGUAGE plpgsql AS $$
DECLARE
  r retention;
  most int;
  removed int;
BEGIN
  more := false;
  IF NOT pg_try_advisory_xact_lock(67, 112) THEN
    RETURN;
  END IF;
  FOR r IN SELECT * FROM retention t WHERE t.period IS NOT NULL AND coalesce(t.swept, '-infinity') < clock() - interval '1 day' ORDER BY t.class LOOP
    most := CASE r.class WHEN 'people_left' THEN 1 ELSE 5000 END;  -- each time all that is old is looked through
    BEGIN
      removed := remove_older(r.class, clock() - r.period, most);
    EXCEPTION WHEN OTHERS THEN
      failed := concat_ws(', ', failed, r.class || ' ' || SQLSTATE);
      CONTINUE;
    END;
    IF removed > 0 THEN
      INSERT INTO retention_run (class, day, gone) VALUES (r.class, today(), removed)
        ON CONFLICT (class, day) DO UPDATE SET gone = retention_run.gone + EXCLUDED.gone;
    END IF;
    IF removed < most THEN
      UPDATE retention SET swept = clock() WHERE class = r.class;
    ELSE
      more := true;
    END IF;
  END LOOP;
  PERFORM forget_texts(other) FROM person_hold h, LATERAL (
      SELECT coach FROM session WHERE mentee = h.person UNION SELECT mentee FROM session WHERE coach = h.person
      UNION SELECT manager FROM performance WHERE member = h.person UNION SELECT member FROM performance WHERE manager = h.person) o (other)
    WHERE h.lifted IS NOT NULL AND h.settled IS NULL AND EXISTS (SELECT FROM erasure WHERE person = other);
  UPDATE person_hold SET settled = clock() WHERE lifted IS NOT NULL AND settled IS NULL;
END $$;

CREATE FUNCTION set_retention(class_ retention_class, period_ text, OUT class retention_class, OUT period text, OUT due int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  length interval := checked_period(period_);
BEGIN
  IF NOT administers() THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only administrators may do this.');
  ELSIF class_ IS NULL OR period_ IS NULL THEN
    PERFORM refuse('INVALID_ARGUMENT NO_CLASS', 'Say of which class, and how long.', CASE WHEN class_ IS NULL THEN 'class' ELSE 'period' END);
  END IF;
  UPDATE retention r SET period = length, set_at = clock(), set_by = me(), swept = NULL WHERE r.class = class_;
  class := class_;
  period := period_text(length);
  due := (SELECT count(*) FROM older(class_, clock() - length) o WHERE NOT o.held);
END $$;

-- What would go now and when the next goes; with a period that is not set yet, too.
CREATE FUNCTION preview_retention(class_ retention_class, period_ text)
RETURNS TABLE (id int, class retention_class, period text, due int, held int, next_on text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  tried interval := checked_period(period_);
BEGIN
  IF NOT administers() THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only administrators may do this.');
  END IF;
  RETURN QUERY SELECT array_position(enum_range(NULL::retention_class), r.class), r.class, period_text(l.length),
      o.due::int, o.held::int, (o.next + l.length)::date::text
    FROM retention r, LATERAL (SELECT CASE WHEN period_ IS NULL THEN r.period ELSE tried END) l (length),
      LATERAL (SELECT count(*) FILTER (WHERE c.since < clock() - l.length AND NOT c.held), count(*) FILTER (WHERE c.since < clock() - l.length AND c.held),
        min(c.since) FILTER (WHERE c.since >= clock() - l.length) FROM older(r.class, 'infinity') c WHERE l.length IS NOT NULL) o (due, held, next)
    WHERE class_ IS NULL OR r.class = class_ ORDER BY r.class;
END $$;
