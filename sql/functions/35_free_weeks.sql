-- What is stored of free time and minutes given (schema/0014_free_weeks.sql): made
-- for weeks to come, compared with what it follows from, put right.

-- Weeks and counts of a coach that are not what they ought to be.
CREATE FUNCTION times_differ(who bigint, OUT weeks int, OUT counts int) LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT count(*) INTO weeks FROM free_week f JOIN weeks_computed(who, '-infinity', 'infinity') c USING (week)
    WHERE f.coach = who AND (f.open <> c.open OR f.free <> c.free);
  SELECT count(*) INTO counts FROM (SELECT g.period, g.first, g.minutes FROM given g WHERE g.coach = who AND g.minutes <> 0) g
    FULL JOIN given_computed(who) c USING (period, first) WHERE g.minutes IS DISTINCT FROM c.minutes;
END $$;

-- Coaches after one, in order, compared and put right if so asked. Each comparison
-- sees one moment; only what is written waits for the coach's lock.
CREATE FUNCTION check_times(after bigint, most int, repair boolean)
RETURNS TABLE (coach bigint, weeks int, counts int) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  FOR coach, weeks, counts IN SELECT r.person, d.* FROM registration r, LATERAL times_differ(r.person) d
      WHERE r.person > after ORDER BY r.person LIMIT most LOOP
    IF repair AND weeks + counts > 0 THEN
      PERFORM store_weeks(coach, '-infinity', 'infinity'), store_given(coach);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- After much was written past the triggers: all of it, for everybody.
CREATE FUNCTION store_times() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT sum(store_weeks(person, '-infinity', 'infinity') + store_given(person)) FROM (SELECT person FROM registration ORDER BY person) r);
END $$;
