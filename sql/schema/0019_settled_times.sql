-- Nobody is in two places, and what that costs does not grow with history: a claim
-- on a time that has long passed is settled, which takes it out of the exclusion and
-- leaves the guard to a look into the index by person and start. A booking then
-- enters an index of what is to come alone.
SET LOCAL search_path = coachhouse, pg_catalog;

ALTER TABLE participation DROP CONSTRAINT nobody_in_two_places;
ALTER TABLE participation DISABLE TRIGGER USER;
-- The default stands for the rows that are there, without writing them.
ALTER TABLE participation ADD COLUMN settled boolean NOT NULL DEFAULT true;
ALTER TABLE participation ALTER COLUMN settled SET DEFAULT false;
UPDATE participation SET settled = false WHERE ends > clock() - interval '2 days';
ALTER TABLE participation ENABLE TRIGGER USER;
ALTER TABLE participation ADD CONSTRAINT nobody_in_two_places
  EXCLUDE USING gist (person WITH =, during WITH &&) WHERE (live AND NOT settled);

-- What changes is not settled any more.
CREATE FUNCTION unsettle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.settled := false;
  RETURN NEW;
END $$;
CREATE TRIGGER unsettle BEFORE UPDATE OF starts, ends, live ON participation
  FOR EACH ROW WHEN (OLD.settled) EXECUTE FUNCTION unsettle();

-- The other half of the constraint, and so it has its name. It looks after its row went
-- into the exclusion: a claim that is being settled meanwhile is found there, and waited
-- for, or else here. No participation is longer than 12 hours.
CREATE FUNCTION nobody_in_a_settled_place() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.live AND EXISTS (SELECT FROM participation p WHERE p.person = NEW.person AND p.settled AND p.live
      AND p.starts < NEW.ends AND p.starts > NEW.starts - interval '12 hours' AND p.ends > NEW.starts
      AND p.session <> NEW.session) THEN
    RAISE EXCEPTION USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'nobody_in_two_places',
      MESSAGE = 'a settled claim on that time is there';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER nobody_in_a_settled_place AFTER INSERT OR UPDATE OF starts, ends, live ON participation
  FOR EACH ROW EXECUTE FUNCTION nobody_in_a_settled_place();

-- Settling moves no time, so nothing needs computing.
CREATE OR REPLACE FUNCTION free_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = coachhouse, pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NOT EXISTS (SELECT FROM added a WHERE NOT a.settled) THEN
      RETURN NULL;
    END IF;
  END IF;
  PERFORM free_again(g.person, r.buffer_minutes, g.starts, g.ends) FROM gone g JOIN registration r ON r.person = g.person WHERE g.live;
  IF TG_OP = 'UPDATE' THEN
    PERFORM free_again(a.person, r.buffer_minutes, a.starts, a.ends) FROM added a JOIN registration r ON r.person = a.person WHERE a.live;
  END IF;
  RETURN NULL;
END $$;
