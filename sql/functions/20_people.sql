-- People by the names that people use.

-- For LIKE: what people type is never a pattern.
CREATE FUNCTION literal(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT replace(replace(replace(plain(name), '\', '\\'), '%', '\%'), '_', '\_')
$$;

-- Whether the caller may name a person: themselves, the register, the people they
-- work with or are asked by; administrators everybody who is there; nobody erased.
-- The register, which everybody reads, is looked at first. Called within find_person,
-- which sees across people.
CREATE FUNCTION may_name(who bigint) RETURNS boolean LANGUAGE plpgsql STABLE COST 1000 AS $$
BEGIN
  IF EXISTS (SELECT FROM registration r JOIN person p ON p.id = r.person
      WHERE r.person = who AND r.state NOT IN ('applied', 'left') AND p.erased IS NULL) THEN
    RETURN true;
  END IF;
  RETURN NOT EXISTS (SELECT FROM person p WHERE p.id = who AND p.erased IS NOT NULL)
    AND (who = me() OR (administers() AND EXISTS (SELECT FROM person p WHERE p.id = who))
    OR EXISTS (SELECT FROM engagement e WHERE (e.coach = me() AND e.mentee = who) OR (e.mentee = me() AND e.coach = who))
    OR EXISTS (SELECT FROM request q WHERE q.coach = me() AND q.state = 'offered' AND q.mentee = who)
    OR EXISTS (SELECT FROM manages m WHERE (m.manager, m.member) = (me(), who) OR (m.manager, m.member) = (who, me())));
END $$;

-- Those of the candidates whom the caller may name, or NULL. Nobody is tried as
-- well as somebody, so that it does not show in the time who is here.
CREATE FUNCTION nameable(candidates bigint[]) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT array_agg(c) FROM unnest(coalesce(candidates, '{0}')) c WHERE may_name(c));
END $$;

-- One person from an id, an e-mail address, a name or a part of one.
CREATE FUNCTION find_person(who text, field text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  wanted text := trim(who);
  named bigint[];
  found bigint[];
  names text;
BEGIN
  IF lower(wanted) IN ('me', 'myself') THEN
    RETURN me();
  ELSIF wanted ~ '^[0-9]{1,18}$' THEN
    found := CASE WHEN may_name(wanted::bigint) THEN ARRAY[wanted::bigint] END;
  ELSIF wanted ~ '@' THEN
    found := nameable((SELECT array_agg(c.person) FROM contact c WHERE c.plain = lower(wanted)));
  ELSIF wanted <> '' THEN
    named := (SELECT array_agg(p.id) FROM person p WHERE p.plain = plain(wanted));
    found := nameable(named);
    IF found IS NULL THEN
      found := nameable((SELECT array_agg(p.id) FROM person p WHERE p.id <> ALL (coalesce(named, '{}'))
        AND (p.plain LIKE literal(wanted) || '%' OR p.plain LIKE '% ' || literal(wanted) || '%')));
    END IF;
  END IF;
  IF found IS NULL THEN
    PERFORM refuse('NOT_FOUND NO_SUCH_PERSON', format('Nobody you work with or may book is called "%s".',
      left(wanted, 60)), field);
  ELSIF cardinality(found) > 1 THEN
    SELECT string_agg(format('%s (%s, %s)', p.name, p.id, o.name), '; ' ORDER BY p.name) INTO names
      FROM (SELECT * FROM person WHERE id = ANY (found) ORDER BY name LIMIT 8) p
      JOIN organisation o ON o.id = p.organisation;
    PERFORM refuse('INVALID_ARGUMENT AMBIGUOUS_NAME',
      format('"%s" could be %s people: %s. Say the id or more of the name.', left(wanted, 60),
        cardinality(found), names), field);
  END IF;
  RETURN note_asked(found[1]);
END $$;

CREATE FUNCTION find_organisation(which text) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  found bigint[];
BEGIN
  SELECT array_agg(id) INTO found FROM organisation
    WHERE CASE WHEN which ~ '^[0-9]{1,18}$' THEN id = which::bigint ELSE lower(name) = lower(trim(which)) END;
  IF found IS NULL THEN
    SELECT array_agg(id) INTO found FROM organisation WHERE plain(name) LIKE literal(trim(which)) || '%'
      OR plain(name) LIKE '% ' || literal(trim(which)) || '%';
  END IF;
  IF found IS NULL OR cardinality(found) > 1 THEN
    PERFORM refuse('NOT_FOUND NO_SUCH_ORGANISATION', format('%s organisation is called "%s".',
      CASE WHEN found IS NULL THEN 'No' ELSE 'More than one' END, left(which, 60)), 'organisation');
  END IF;
  RETURN found[1];
END $$;

-- Whose entry a coach's method is about: one's own, or for administrators anybody's.
CREATE FUNCTION registered(coach text) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  who bigint := CASE WHEN coach IS NULL THEN me() ELSE find_person(coach, 'coach') END;
BEGIN
  IF who <> me() AND NOT administers() THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only the coach and administrators may do this.', 'coach');
  END IF;
  IF NOT EXISTS (SELECT FROM registration WHERE person = who) THEN
    PERFORM refuse('NOT_FOUND NOT_REGISTERED', CASE WHEN who = me()
      THEN 'You are not in the register of coaches and mentors.'
      ELSE 'This person is not in the register of coaches and mentors.' END, 'coach');
  END IF;
  RETURN who;
END $$;

CREATE FUNCTION roles_of(who bigint) RETURNS role[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT array_agg(DISTINCT role ORDER BY role) FROM role_held
    WHERE person = who AND starts_on <= today() AND coalesce(ends_on, 'infinity') >= today());
END $$;

-- A zone that PostgreSQL knows by an IANA name; never an abbreviation or
-- "UTC+3". It is tried, since the list of all zones takes 50 ms to read.
CREATE FUNCTION checked_zone(zone text) RETURNS text LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
  IF zone !~ '^(UTC|Etc/GMT[+-][0-9]{1,2}|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]+)+)$' THEN
    RAISE invalid_parameter_value;
  END IF;
  PERFORM clock() AT TIME ZONE zone;
  RETURN zone;
EXCEPTION WHEN invalid_parameter_value THEN
  PERFORM refuse('INVALID_ARGUMENT BAD_ZONE', format('"%s" is not a time zone. Write it like Europe/London.',
    left(zone, 60)), 'zone');
END $$;

CREATE FUNCTION my_zone() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  zone text := (SELECT p.zone FROM person p WHERE p.id = me());
BEGIN
  IF zone IS NULL THEN
    zone := (SELECT s.zone FROM site s);
  END IF;
  RETURN zone;
END $$;

-- Weeks begin elsewhere then, and so do the minutes given in them.
CREATE FUNCTION set_zone(zone text, OUT id bigint, OUT zone_ text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_people(ARRAY[me()]);
  UPDATE person p SET zone = checked_zone(coalesce(set_zone.zone, '')) WHERE p.id = me() RETURNING p.id, p.zone INTO id, zone_;
END $$;

CREATE FUNCTION register_if_coach(who bigint, roles role[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO registration (person, activities)
  SELECT who, array_remove(ARRAY[CASE WHEN 'coach' = ANY (roles) THEN 'coaching'::activity END,
    CASE WHEN 'mentor' = ANY (roles) THEN 'mentoring'::activity END], NULL)
  WHERE roles && '{coach,mentor}'
  ON CONFLICT (person) DO UPDATE SET activities =
    (SELECT array_agg(DISTINCT a ORDER BY a) FROM unnest(registration.activities || EXCLUDED.activities) a)
$$;

CREATE FUNCTION give_roles(who bigint, roles role[], place bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO role_held (person, role, organisation, starts_on)
    SELECT DISTINCT who, r, place, today() FROM unnest('{member}' || roles) r
    WHERE NOT EXISTS (SELECT FROM role_held h WHERE h.person = who AND h.role = r
      AND coalesce(h.ends_on, 'infinity') >= today())
    ON CONFLICT (person, role, organisation, starts_on) DO UPDATE SET ends_on = NULL;
  PERFORM register_if_coach(who, roles);
END $$;

CREATE FUNCTION checked_email(email text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF email IS NULL OR email !~ '^[^@[:space:][:cntrl:]<>,;"]+@[^@[:space:][:cntrl:]<>,;"]+$' THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_EMAIL', format('"%s" is not an e-mail address.', left(email, 60)), 'email');
  END IF;
  RETURN email;
END $$;

CREATE FUNCTION checked_name(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF trim(name) = '' THEN
    PERFORM refuse('INVALID_ARGUMENT NO_NAME', 'A name cannot be empty.', 'name');
  END IF;
  RETURN trim(name);
END $$;

CREATE FUNCTION add_person(email text, name text, place bigint, zone text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  who bigint;
BEGIN
  INSERT INTO person (name, organisation, zone)
    VALUES (checked_name(name), place, coalesce(checked_zone(zone), (SELECT s.zone FROM site s))) RETURNING id INTO who;
  INSERT INTO contact (person, email) VALUES (who, checked_email(email));
  RETURN who;
END $$;

CREATE FUNCTION add_invitation(who bigint, hash bytea) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz := clock() + make_interval(days => (SELECT invitation_days FROM site));
BEGIN
  IF hash IS NULL OR length(hash) <> 32 THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_TOKEN', 'token_hash is the SHA-256 of 32 random bytes.', 'token_hash');
  END IF;
  -- A new one takes the place of those not used yet: they may have gone to the wrong person.
  UPDATE invitation SET expires = clock() WHERE person = who AND used IS NULL AND expires > clock();
  INSERT INTO invitation (person, token_hash, expires) VALUES (who, hash, until);
  RETURN until;
END $$;

CREATE FUNCTION invite_person(email text, name text, organisation text, roles role[], token_hash bytea,
  zone text, OUT id bigint, OUT expires timestamptz, OUT endpoint text, OUT server_key text)
LANGUAGE plpgsql AS $$
DECLARE
  place bigint;
BEGIN
  SELECT c.person INTO id FROM contact c WHERE c.plain = lower(invite_person.email);
  IF id IS NULL THEN
    IF name IS NULL OR organisation IS NULL THEN
      PERFORM refuse('INVALID_ARGUMENT NEW_PERSON', 'Nobody has this address yet: give a name and an organisation.',
        CASE WHEN name IS NULL THEN 'name' ELSE 'organisation' END);
    END IF;
    place := find_organisation(organisation);
    id := add_person(email, name, place, zone);
  ELSE
    SELECT p.organisation INTO place FROM person p WHERE p.id = invite_person.id;
    UPDATE person p SET left_on = NULL WHERE p.id = invite_person.id AND left_on IS NOT NULL;
  END IF;
  PERFORM give_roles(id, coalesce(roles, '{}'), place);
  expires := add_invitation(id, token_hash);
  endpoint := current_setting('coachhouse.enrol_endpoint', true);
  server_key := current_setting('coachhouse.server_key', true);
END $$;

-- The key that an invitation lets somebody add; called within redeem.
CREATE FUNCTION add_key(i invitation, proven bytea, label text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  most int := (SELECT most_keys FROM site);
BEGIN
  PERFORM lock_people(ARRAY[i.person]);
  IF (SELECT count(*) FROM key k WHERE k.person = i.person AND k.revoked IS NULL) >= most THEN
    PERFORM refuse('FAILED_PRECONDITION TOO_MANY_KEYS', format('You hold %s keys, the most that one person may. '
      'Revoke one that you do not use on another machine of yours (coach keys, coach keys revoke KEY), or ask an administrator to; '
      'then redeem this invitation again.', most));
  END IF;
  UPDATE invitation SET used = clock(), used_by = proven WHERE id = i.id;
  INSERT INTO key (person, public, label, invited_by)
    VALUES (i.person, proven, coalesce(left(add_key.label, 100), ''), i.made_by) ON CONFLICT (public) DO NOTHING;
  IF NOT EXISTS (SELECT FROM key k WHERE k.public = proven AND k.person = i.person AND k.revoked IS NULL) THEN
    PERFORM refuse('FAILED_PRECONDITION KEY_IN_USE', 'This key belongs to somebody already: enrol with a fresh one.');
  END IF;
END $$;

-- The enrolment endpoint's one method: nobody is asking yet, so it sees across.
CREATE FUNCTION redeem(token bytea, label text, OUT person bigint, OUT name text, OUT email text,
  OUT organisation text, OUT roles role[], OUT zone text, OUT endpoint text, OUT server_key text, OUT other_keys int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  i invitation;
  proven bytea := calling_key();
BEGIN
  SELECT * INTO i FROM invitation WHERE token_hash = sha256(token) FOR UPDATE;
  IF i.id IS NULL THEN
    PERFORM refuse('NOT_FOUND NO_SUCH_INVITATION', 'This invitation is not known here. Copy the whole line, or ask for a new one.', 'token');
  ELSIF i.used IS NOT NULL AND i.used_by <> proven THEN
    PERFORM refuse('FAILED_PRECONDITION INVITATION_USED', 'This invitation was used before. Ask for a new one.', 'token');
  ELSIF i.used IS NULL AND (i.expires <= clock()
      OR EXISTS (SELECT FROM person p WHERE p.id = i.person AND p.left_on <= today())) THEN
    PERFORM refuse('FAILED_PRECONDITION INVITATION_EXPIRED', 'This invitation has expired. Ask for a new one.', 'token');
  END IF;
  IF i.used IS NULL THEN
    PERFORM add_key(i, proven, label);
  END IF;
  SELECT count(*) INTO other_keys FROM key k WHERE k.person = i.person AND k.revoked IS NULL AND k.public <> proven;
  SELECT p.id, p.name, c.email, o.name, roles_of(p.id), p.zone
    INTO person, name, email, organisation, roles, zone
    FROM person p JOIN contact c ON c.person = p.id JOIN organisation o ON o.id = p.organisation
    WHERE p.id = i.person;
  endpoint := current_setting('coachhouse.endpoint', true);
  server_key := current_setting('coachhouse.server_key', true);
END $$;

-- Called by `coachd init` and `coachd invite-admin`, as the owner.
CREATE FUNCTION first_administrator(email text, name text, organisation text, sector text, token_hash bytea)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  who bigint;
  place bigint;
BEGIN
  IF EXISTS (SELECT FROM person) THEN
    PERFORM refuse('FAILED_PRECONDITION NOT_EMPTY', 'This database has people already. Use coachd invite-admin.');
  END IF;
  INSERT INTO organisation (name, sector) VALUES (organisation, first_administrator.sector::sector)
    RETURNING id INTO place;
  who := add_person(email, name, place, NULL);
  PERFORM give_roles(who, '{administrator}', place), add_invitation(who, token_hash);
  RETURN who;
END $$;

CREATE FUNCTION invite_administrator(email text, token_hash bytea) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  who bigint;
BEGIN
  SELECT c.person INTO who FROM contact c WHERE c.plain = lower(invite_administrator.email);
  IF who IS NULL OR rank_of(who) IS DISTINCT FROM 'administrator'
      OR EXISTS (SELECT FROM person p WHERE p.id = who AND p.left_on <= today()) THEN
    PERFORM refuse('NOT_FOUND NO_SUCH_PERSON', format('No administrator has the address %s.', left(email, 80)));
  END IF;
  PERFORM add_invitation(who, token_hash);
  RETURN who;
END $$;

-- One row of an import: what changes, in words; nothing when nothing does.
CREATE FUNCTION import_person(r jsonb, OUT outcome text, OUT sentence text, OUT id bigint)
LANGUAGE plpgsql AS $$
DECLARE
  place bigint;
  old person;
  wanted role[];
  changes text[] := '{}';
BEGIN
  place := CASE WHEN nullif(trim(r ->> 'organisation'), '') IS NOT NULL THEN find_organisation(r ->> 'organisation') END;
  BEGIN
    wanted := regexp_split_to_array(nullif(lower(trim(r ->> 'roles')), ''), '[ ,;]+')::role[];
  EXCEPTION WHEN invalid_text_representation THEN
    PERFORM refuse('INVALID_ARGUMENT BAD_ROLE', format('"%s" is not a role: member, coach, mentor, manager, administrator, accreditee, facilitator, sponsor, supervisor.',
      left(r ->> 'roles', 60)));
  END;
  SELECT c.person INTO id FROM contact c WHERE c.plain = lower(trim(r ->> 'email'));
  IF id IS NULL THEN
    IF nullif(trim(r ->> 'name'), '') IS NULL OR place IS NULL THEN
      PERFORM refuse('INVALID_ARGUMENT NEW_PERSON', 'Somebody new needs a name and an organisation.');
    END IF;
    id := add_person(trim(r ->> 'email'), r ->> 'name', place, nullif(r ->> 'zone', ''));
    PERFORM give_roles(id, coalesce(wanted, '{}'), place);
    outcome := 'added';
    sentence := trim(r ->> 'name');
  ELSE
    SELECT * INTO old FROM person p WHERE p.id = import_person.id;
    IF trim(r ->> 'name') <> old.name THEN
      UPDATE person p SET name = trim(r ->> 'name') WHERE p.id = import_person.id;
      changes := changes || format('name: %s -> %s', old.name, trim(r ->> 'name'));
    END IF;
    IF place <> old.organisation THEN
      UPDATE person p SET organisation = place WHERE p.id = import_person.id;
      changes := changes || format('organisation: %s -> %s', (SELECT o.name FROM organisation o WHERE o.id = old.organisation),
        (SELECT o.name FROM organisation o WHERE o.id = place));
    END IF;
    IF nullif(r ->> 'zone', '') <> old.zone THEN
      UPDATE person p SET zone = checked_zone(r ->> 'zone') WHERE p.id = import_person.id;
      changes := changes || format('zone: %s -> %s', old.zone, r ->> 'zone');
    END IF;
    IF NOT coalesce(wanted <@ roles_of(id), true) THEN
      changes := changes || format('roles: + %s', (SELECT string_agg(w::text, ' ') FROM unnest(wanted) w WHERE w <> ALL (roles_of(id))));
      PERFORM give_roles(id, wanted, coalesce(place, old.organisation));
    END IF;
    outcome := CASE WHEN changes = '{}' THEN 'unchanged' ELSE 'changed' END;
    sentence := array_to_string(changes, ', ');
  END IF;
  IF r ? 'token_hash' THEN
    PERFORM add_invitation(id, (r ->> 'token_hash')::bytea);
  END IF;
END $$;

CREATE TYPE row_result AS (line int, outcome text, sentence text, id bigint);

-- All rows or none: a refused row undoes the others, and so does a dry run.
-- `one` imports one row.
CREATE FUNCTION import_rows(rows jsonb, dry_run boolean, one regproc, OUT stored boolean, OUT results row_result[])
LANGUAGE plpgsql AS $$
DECLARE
  r jsonb;
  result row_result;
  refused boolean := false;
BEGIN
  BEGIN
    FOR r IN SELECT jsonb_array_elements(coalesce(rows, '[]')) LOOP
      result := NULL;
      BEGIN
        EXECUTE format('SELECT outcome, sentence, id FROM %s($1)', one) INTO result.outcome, result.sentence, result.id USING r;
      EXCEPTION WHEN SQLSTATE 'ZC010' OR data_exception OR integrity_constraint_violation THEN
        refused := true;
        result.outcome := 'refused';
        result.sentence := CASE WHEN SQLSTATE = 'ZC010' THEN SQLERRM ELSE 'A value of this row is not as it should be.' END;
      END;
      result.line := (r ->> 'line')::int;
      results := results || result;
    END LOOP;
    stored := NOT (refused OR coalesce(dry_run, false));
    IF NOT stored THEN
      RAISE EXCEPTION USING ERRCODE = 'ZC099', MESSAGE = 'undo';
    END IF;
  EXCEPTION WHEN SQLSTATE 'ZC099' THEN
    NULL;  -- what was done is undone; the results stay
  END;
END $$;

CREATE TYPE hand_over AS (kind text, id bigint, with_name text, starts timestamptz);

CREATE FUNCTION end_person(who_text text, last_day text, OUT id bigint, OUT keys_revoked int, OUT hand_over hand_over[])
LANGUAGE plpgsql AS $$
DECLARE
  who bigint := find_person(who_text, 'who');
  day date := coalesce(checked_date(last_day, 'last_day'), today());
BEGIN
  IF rank_of(who) = 'administrator' AND NOT EXISTS (SELECT FROM role_held h WHERE h.role = 'administrator'
      AND h.person <> who AND h.starts_on <= today() AND coalesce(h.ends_on, 'infinity') > greatest(day, today())) THEN
    PERFORM refuse('FAILED_PRECONDITION LAST_ADMINISTRATOR', 'Nobody else is an administrator then: invite another one first.');
  END IF;
  id := who;
  UPDATE person p SET left_on = day WHERE p.id = who;
  UPDATE role_held SET ends_on = greatest(day, starts_on) WHERE person = who AND coalesce(ends_on, 'infinity') > day;
  -- A day to come ends what it ends on that day: keys without a role open nothing.
  UPDATE key SET revoked = clock() WHERE person = who AND revoked IS NULL AND day <= today();
  GET DIAGNOSTICS keys_revoked = ROW_COUNT;
  UPDATE registration SET state = 'left', version = version + 1 WHERE person = who AND state <> 'left' AND day <= today();
  SELECT array_agg(h ORDER BY h.starts NULLS FIRST, h.id) INTO end_person.hand_over FROM (
    SELECT 'engagement', e.id, (SELECT name FROM person p WHERE p.id = CASE WHEN e.coach = who THEN e.mentee ELSE e.coach END), NULL::timestamptz
      FROM engagement e WHERE who IN (e.coach, e.mentee) AND e.state IN ('proposed', 'active', 'paused')
    UNION ALL
    SELECT 'session', s.id, (SELECT name FROM person p WHERE p.id = CASE WHEN s.coach = who THEN s.mentee ELSE s.coach END), s.starts
      FROM session s WHERE who IN (s.coach, s.mentee) AND s.state IN ('booked', 'requested') AND s.starts > clock()
    UNION ALL
    SELECT 'request', r.id, (SELECT name FROM person p WHERE p.id = r.mentee), r.submitted
      FROM request r WHERE who IN (r.coach, r.mentee) AND r.state IN ('submitted', 'offered')
  ) h (kind, id, with_name, starts);
END $$;

-- One key, all keys of a person, or all of mine but the one that asks.
CREATE FUNCTION revoke_keys(key bigint, who text, others boolean, OUT id bigint, OUT revoked int) LANGUAGE plpgsql AS $$
BEGIN
  IF num_nonnulls(key, who, nullif(others, false)) <> 1 THEN
    PERFORM refuse('INVALID_ARGUMENT WHICH_KEYS', 'Say one of these: a key, whose keys, or all of mine but this one.');
  END IF;
  id := CASE WHEN others THEN me() WHEN who IS NOT NULL THEN find_person(who, 'who') ELSE key END;
  IF who IS NOT NULL AND id <> me() AND NOT administers() THEN
    PERFORM refuse('PERMISSION_DENIED NOT_ALLOWED', 'Only administrators revoke the keys of others.', 'who');
  ELSIF key IS NOT NULL AND NOT EXISTS (SELECT FROM key k WHERE k.id = revoke_keys.key) THEN
    PERFORM absent('key');
  END IF;
  UPDATE key k SET revoked = clock() WHERE k.revoked IS NULL AND (k.id = revoke_keys.key
    OR (revoke_keys.key IS NULL AND k.person = revoke_keys.id AND (who IS NOT NULL OR k.id <> my_key())));
  GET DIAGNOSTICS revoked = ROW_COUNT;
END $$;

-- Keys of mine that were added after the one that asks, and that it was not told of.
CREATE VIEW new_key WITH (security_invoker) AS
  SELECT k.id, k.added, k.invited_by FROM key k
  WHERE k.person = (SELECT me()) AND k.id > (SELECT coalesce(c.knows, c.id) FROM key c WHERE c.id = (SELECT my_key()));

-- By each key for itself: none can hide another, nor itself.
CREATE FUNCTION confirm_key(last bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM key k WHERE k.id = last AND k.person = me()) THEN
    PERFORM absent('key');
  END IF;
  UPDATE key SET knows = greatest(coalesce(knows, id), last) WHERE id = my_key();
  RETURN last;
END $$;
