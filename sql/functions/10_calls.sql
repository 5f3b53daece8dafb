-- Who is asking, and exactly once. SQLSTATEs of our own: ZC001 the call was made
-- before (its reply is kept), ZC002 its id was used for something else, ZC003
-- unknown key, ZC004 not allowed, ZC005 too late, ZC010 a refusal: DETAIL is "CODE REASON",
-- MESSAGE the sentence for people, HINT the field it is about.

CREATE FUNCTION refuse(detail text, sentence text, field text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF field IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'ZC010', DETAIL = detail, MESSAGE = sentence;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'ZC010', DETAIL = detail, MESSAGE = sentence, HINT = field;
END $$;

CREATE FUNCTION today() RETURNS date LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT (clock() AT TIME ZONE (SELECT zone FROM site))::date);
END $$;

-- Whether a role is held today. Where it is now decides only on a role's first and last
-- day or so: elsewhere in the world it is the day before or after, at most.
CREATE FUNCTION held_today(starts_on date, ends_on date) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT starts_on < (clock() AT TIME ZONE 'UTC')::date AND (ends_on IS NULL OR ends_on > (clock() AT TIME ZONE 'UTC')::date)
    OR starts_on <= today() AND coalesce(ends_on, 'infinity') >= today()
$$;

CREATE FUNCTION rank_among(roles role[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN 'administrator' = ANY (roles) THEN 'administrator'
    WHEN 'manager' = ANY (roles) THEN 'manager'
    WHEN roles && '{coach,mentor}' THEN 'coach'
    WHEN cardinality(roles) > 0 THEN 'member'
    ELSE 'none' END
$$;

CREATE FUNCTION rank_of(who bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT rank_among(array_agg(role)) FROM role_held
    WHERE person = who AND starts_on <= today() AND coalesce(ends_on, 'infinity') >= today());
END $$;

-- For the daemon's table in memory: what changed since `mark`, which is what this
-- gave last, or everything on another day, when roles begin and end by themselves.
-- First a row whose role is the next mark, with keys if this is everything. Then a few
-- rows of many people each, 8 bytes a person, who have that role, among others perhaps;
-- then all the keys in one, 40 bytes a key: it and its person, 0 when it is not known any
-- more. (The daemon brings the two together in a quarter of the time that a join takes,
-- and a row for each key took three times as long.)
CREATE FUNCTION known_keys(mark text) RETURNS TABLE (role text, people bytea, keys bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  day date := today();  -- once: it is asked for each role
  whole boolean := split_part(coalesce(mark, ''), ' ', 1) <> day::text;
  changed bytea[];
BEGIN
  -- What was not seen by that snapshot has no lower a transaction id.
  RETURN QUERY SELECT format('%s %s', day, pg_snapshot_xmin(pg_current_snapshot())), NULL::bytea, CASE WHEN whole THEN ''::bytea END;
  IF whole THEN
    RETURN QUERY SELECT rank_among(ARRAY[h.role]), string_agg(int8send(h.person), ''), NULL::bytea
      FROM role_held h WHERE day BETWEEN h.starts_on AND coalesce(h.ends_on, 'infinity') GROUP BY h.role;
    RETURN QUERY SELECT NULL, NULL::bytea, string_agg(k.public || int8send(k.person), '') FROM key k WHERE k.revoked IS NULL;
  ELSE
    changed := ARRAY(SELECT DISTINCT x.public FROM key_change x WHERE x.at >= split_part(mark, ' ', 2)::xid8);
    RETURN QUERY SELECT rank_of(p.person), int8send(p.person), NULL::bytea
      FROM (SELECT DISTINCT k.person FROM key k WHERE k.public = ANY (changed) AND k.revoked IS NULL) p;
    RETURN QUERY SELECT NULL, NULL::bytea, string_agg(c || int8send(coalesce(k.person, 0)), '')
      FROM unnest(changed) c LEFT JOIN key k ON k.public = c AND k.revoked IS NULL;
  END IF;
END $$;

-- These keys were used a moment ago.
CREATE FUNCTION note_use(keys bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
  INSERT INTO key_use (key, person, used) SELECT k.id, k.person, clock() FROM key k WHERE k.public = ANY (keys) ORDER BY k.id
  ON CONFLICT (key) DO UPDATE SET used = excluded.used
$$;

-- Claims on times that have passed leave the exclusion (0019_settled_times.sql), the
-- oldest first. True: there are more.
CREATE FUNCTION settle_claims() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  most CONSTANT int := 2000;
  settled int;
BEGIN
  UPDATE participation SET settled = true WHERE ctid = ANY (ARRAY(SELECT c.ctid FROM participation c
    WHERE c.live AND NOT c.settled AND c.ends < clock() - interval '2 days' ORDER BY c.ends LIMIT most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS settled = ROW_COUNT;
  RETURN settled = most;
END $$;

-- What time alone changes; the daemon runs it every hour. Replies are kept for 30
-- days, then who did what, when, upon which thing stays. An offer that nobody
-- answered lets its request wait again. `more` is due, so run it again soon; `failed`:
-- classes of retention, with their SQLSTATEs.
CREATE FUNCTION upkeep(OUT more boolean, OUT failed text) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE receipt SET reply = NULL, hash = NULL WHERE (caller, call) IN (SELECT r.caller, r.call FROM receipt r
    WHERE r.reply IS NOT NULL AND r.at < clock() - interval '30 days' ORDER BY r.at LIMIT 10000);
  DELETE FROM refused_call WHERE at < clock() - interval '1 hour';
  DELETE FROM key_change WHERE made < now() - interval '2 days';
  UPDATE request SET state = 'submitted' WHERE state = 'offered' AND offer_expires <= clock() AND engagement IS NULL;
  more := settle_claims();
  IF NOT more THEN
    SELECT * INTO more, failed FROM apply_retention();
  END IF;
END $$;

-- The reply kept of a call, as record_send gave it. The lock is written down, so that
-- this waits for a synchronous standby as the call did: what committed here alone (its
-- wait was cancelled, or the server died in it) is not acknowledged before it is there too.
CREATE FUNCTION kept_reply(key bytea, call_id bytea) RETURNS bytea
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT reply FROM receipt WHERE caller = key AND call = call_id FOR KEY SHARE
$$;

-- Before a client hears that a write which it sent more than once was refused: what it sent
-- before is not done any more. If that came first, it was not refused after all.
CREATE FUNCTION note_refusal(key bytea, call_id bytea, hash bytea, expires bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(encode(key || call_id, 'hex'), 0) | (-9223372036854775807 - 1));
  IF EXISTS (SELECT FROM receipt r WHERE r.caller = note_refusal.key AND r.call = call_id AND r.hash = note_refusal.hash) THEN
    RAISE EXCEPTION USING ERRCODE = 'ZC001', MESSAGE = 'This call was made before.';
  END IF;
  INSERT INTO refused_call VALUES (key, call_id, expires, clock())
  ON CONFLICT (caller, call) DO UPDATE SET expires = greatest(refused_call.expires, excluded.expires), at = excluded.at;
END $$;

-- The roles of which one is enough; for what members may, any is.
CREATE FUNCTION roles_enough(needs text) RETURNS role[] LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE needs
    WHEN 'coach' THEN '{coach,mentor,manager,administrator}'::role[]
    WHEN 'manager' THEN '{manager,administrator}'
    WHEN 'administrator' THEN '{administrator}' END
$$;

-- First statement of every call. `hash` is of the raw request, for writes.
-- Claims a write before it is made: a twin in flight waits here and then finds
-- the receipt, instead of being told that its own slot is taken. What an administrator
-- may needs both: that they are one, and that the daemon knew it (as_administrator),
-- which then has sent the statement that keeps who looked (67_reading.sql).
CREATE FUNCTION authenticate(key bytea, needs text, believed bigint, call_id bytea, hash bytea,
  method text, left_ms int, sign_in bytea, until timestamptz DEFAULT NULL, expires bigint DEFAULT NULL,
  as_administrator boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  enough role[] := roles_enough(needs);
  who bigint;
  with_key bigint;
  may boolean;
  rank text := needs;  -- with which the call is made: what it needs, or administrator
  kept record;
BEGIN
  IF needs IS DISTINCT FROM 'enrolling' THEN
    SELECT k.person, k.id, EXISTS (SELECT FROM role_held h WHERE h.person = k.person AND (needs = 'member' OR h.role = ANY (enough))
          AND (h.role <> 'administrator' OR as_administrator) AND held_today(h.starts_on, h.ends_on))
      INTO who, with_key, may FROM key k WHERE k.public = authenticate.key AND k.revoked IS NULL;
    IF who IS NULL OR who IS DISTINCT FROM believed THEN
      RAISE EXCEPTION USING ERRCODE = 'ZC003', MESSAGE = 'This key is not known here, or was revoked.';
    ELSIF sign_in IS NOT NULL OR NOT may THEN
      RAISE EXCEPTION USING ERRCODE = 'ZC004', MESSAGE = 'You are not allowed to do this.';
    END IF;
    -- Two, since the condition with a query in it sets the query up for everybody.
    IF as_administrator AND rank <> 'administrator' THEN
      IF EXISTS (SELECT FROM role_held h WHERE h.person = who AND h.role = 'administrator' AND held_today(h.starts_on, h.ends_on)) THEN
        rank := 'administrator';
      END IF;
    END IF;
  END IF;
  IF hash IS NOT NULL THEN
    PERFORM set_config('coachhouse.call', concat_ws('|', encode(key, 'hex'), encode(call_id, 'hex'),
      encode(hash, 'hex'), method), true);
    -- Below zero, so that calls never wait for people (see lock_people).
    PERFORM pg_advisory_xact_lock(hashtextextended(encode(key || call_id, 'hex'), 0) | (-9223372036854775807 - 1));
    SELECT r.hash, r.method INTO kept FROM receipt r WHERE r.caller = authenticate.key AND r.call = call_id;
    IF FOUND AND (kept.hash IS DISTINCT FROM authenticate.hash OR kept.method <> authenticate.method) THEN
      RAISE EXCEPTION USING ERRCODE = 'ZC002', MESSAGE = 'This call id was used before, for something else.';
    ELSIF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'ZC001', MESSAGE = 'This call was made before.';
    END IF;
    -- A call that waited here past its time may have been asked again, and refused: it must not be done now.
    IF until <= clock_timestamp() OR EXISTS (SELECT FROM refused_call r
        WHERE r.caller = authenticate.key AND r.call = call_id AND r.expires >= authenticate.expires) THEN
      RAISE EXCEPTION USING ERRCODE = 'ZC005', MESSAGE = 'This call came too late.';
    ELSIF until IS NOT NULL THEN
      left_ms := least(left_ms, (extract(epoch FROM until - clock_timestamp()) * 1000)::int);
    END IF;
  END IF;
  PERFORM set_config('coachhouse.me', coalesce(who::text, ''), true),
    set_config('coachhouse.key', coalesce(with_key::text, ''), true),
    set_config('coachhouse.rank', rank, true),
    set_config('statement_timeout', greatest(left_ms, 1)::text, true);
END $$;

-- The key with which the caller asks.
CREATE FUNCTION my_key() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('coachhouse.key', true), '')::bigint
$$;

-- The public key that the handshake proved, of a write in hand.
CREATE FUNCTION calling_key() RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT decode(split_part(current_setting('coachhouse.call'), '|', 1), 'hex')
$$;

-- The receipt of the write in hand; the daemon appends its insertion to every write.
CREATE FUNCTION receipt_for(reply bytea, subject bigint) RETURNS SETOF receipt
LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT decode(split_part(c, '|', 1), 'hex'), decode(split_part(c, '|', 2), 'hex'),
    decode(split_part(c, '|', 3), 'hex'), split_part(c, '|', 4), me(), clock(), $2, $1
  FROM current_setting('coachhouse.call') c
$$;

-- Whoever changes where people are takes these first, always in the same order.
CREATE FUNCTION lock_people(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  person bigint;
BEGIN
  FOR person IN SELECT DISTINCT p FROM unnest(people) p ORDER BY p LOOP
    PERFORM pg_advisory_xact_lock(person);
  END LOOP;
END $$;

-- The same for two.
CREATE FUNCTION lock_pair(one bigint, other bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(least(one, other));
  PERFORM pg_advisory_xact_lock(greatest(one, other));
END $$;

-- Where an event leads; a refusal when it leads nowhere from here.
CREATE FUNCTION next_state(thing text, state text, event text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  result text;
BEGIN
  SELECT to_state INTO result FROM life_cycle l
    WHERE l.thing = next_state.thing AND l.from_state = state AND l.event = next_state.event;
  IF result IS NULL THEN
    PERFORM refuse('FAILED_PRECONDITION WRONG_STATE', format('This %s is %s: it cannot be changed that way.',
      thing, replace(state, '_', ' ')));
  END IF;
  RETURN result;
END $$;

CREATE FUNCTION absent(thing text) RETURNS void LANGUAGE sql AS $$
  SELECT refuse('NOT_FOUND NOT_FOUND', 'There is no such ' || thing || ', or it is not yours to see.')
$$;

CREATE FUNCTION check_version(seen int, version int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF seen <> version THEN
    PERFORM refuse('ABORTED STALE_VERSION', 'It has changed since you read it. Look again, then decide.', 'version');
  END IF;
END $$;
