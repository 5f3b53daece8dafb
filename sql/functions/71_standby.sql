-- Reports on a standby, which can keep nothing and lets nobody in: both are done on the
-- primary first. A ticket says who asks, as what, and what the standby must have.

-- Which database this is, here and on every standby: one server may have those of
-- several partnerships, whose people have the same numbers.
CREATE FUNCTION this_database() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT c.system_identifier || ' ' || d.oid FROM pg_control_system() c, pg_database d WHERE d.datname = current_database());
END $$;

-- On the primary: kept as read, whatever becomes of it. Whatever was acknowledged before
-- `at` lies before `until` in the log.
CREATE FUNCTION keep_report(method text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := clock_timestamp();
  until pg_lsn := pg_current_wal_flush_lsn();
BEGIN
  PERFORM keep_reading(method, '{}');
  RETURN concat_ws('|', me(), current_setting('coachhouse.rank'), at, until, this_database());
END $$;

-- On the standby: the first statement of a report there. ZC006: it must not be made here.
CREATE FUNCTION stand_for(ticket text, left_ms int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t text[] := string_to_array(ticket, '|');
  at timestamptz := t[3];
  as_of timestamptz := t[3];
  behind int;
BEGIN
  IF NOT pg_is_in_recovery() OR t[5] <> this_database() THEN
    RAISE EXCEPTION USING ERRCODE = 'ZC006', MESSAGE = 'report_database is no standby of this database.';
  END IF;
  -- What is on its way mostly comes within a moment, and then nothing is missing.
  FOR i IN 1..20 LOOP
    EXIT WHEN pg_last_wal_replay_lsn() >= t[4]::pg_lsn;
    PERFORM pg_sleep(0.01);
  END LOOP;
  IF pg_last_wal_replay_lsn() < t[4]::pg_lsn THEN
    as_of := least(at, coalesce(pg_last_xact_replay_timestamp(), '-infinity'));
  END IF;
  IF as_of < at - make_interval(secs => current_setting('coachhouse.report_lag')::int) THEN
    RAISE EXCEPTION USING ERRCODE = 'ZC006', MESSAGE = 'The standby is further behind than report_lag allows.';
  END IF;
  behind := ceil(extract(epoch FROM at - as_of));
  PERFORM set_config('coachhouse.me', t[1], true), set_config('coachhouse.rank', t[2], true),
    set_config('coachhouse.kept', 'yes', true), set_config('coachhouse.as_of', (as_of + (clock() - now()))::text, true),
    set_config('coachhouse.behind', CASE WHEN behind > 0 THEN behind::text ELSE '' END, true),
    set_config('statement_timeout', greatest(left_ms, 1)::text, true);
END $$;
