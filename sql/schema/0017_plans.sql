-- Indexes as the plans of the methods want them: what a person waits for reads what
-- is theirs or to come, and nothing of the past of others (tests/system/test_plans.c).
SET LOCAL search_path = coachhouse, pg_catalog;

-- Below row security a condition that holds COALESCE reaches no index: PostgreSQL does
-- not know that it tells nothing (contain_leaked_vars). So the clock is without one.
CREATE OR REPLACE FUNCTION clock() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT now() + CASE WHEN current_setting('coachhouse.clock_offset', true) <> '' THEN current_setting('coachhouse.clock_offset')::interval
    ELSE '0'::interval END
$$;
CREATE OR REPLACE FUNCTION role_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = coachhouse, pg_catalog AS $$
DECLARE
  who bigint := coalesce(NEW.person, OLD.person);
BEGIN
  INSERT INTO key_change (public) SELECT k.public FROM key k WHERE k.person = who AND k.revoked IS NULL;
  RETURN NULL;
END $$;
-- lower() is not trusted there either, so what is looked for is kept.
ALTER TABLE contact ADD plain text GENERATED ALWAYS AS (lower(email)) STORED;
DROP INDEX contact_email;
CREATE UNIQUE INDEX contact_email ON contact (plain);

-- People by any part of their name, whatever is typed: a plan that is made before it
-- is known what, finds that by these alone.
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA coachhouse;
CREATE INDEX person_plain ON person USING gin (plain gin_trgm_ops);

-- What is still to be done of a session: of one's own, few rows however many are past.
CREATE INDEX session_coach_open ON session (coach, starts) WHERE state IN ('booked', 'requested', 'to_be_arranged');
CREATE INDEX session_mentee_open ON session (mentee, starts) WHERE state IN ('booked', 'requested', 'to_be_arranged');

-- Of two people; the open ones of a coach stand in engagement_open.
CREATE INDEX engagement_pair ON engagement (coach, mentee);
DROP INDEX engagement_coach;
DROP INDEX engagement_mentee;
CREATE INDEX engagement_mentee ON engagement (mentee);
CREATE INDEX engagement_mentee_open ON engagement (mentee) WHERE state IN ('proposed', 'active', 'paused');

-- Requests of a coach, whatever became of them; those that wait, in order.
CREATE INDEX request_of_coach ON request (coach);
CREATE INDEX request_waiting ON request (id) WHERE state IN ('submitted', 'offered');
-- When waiting was over: a report of a period reads what ended since it began.
CREATE INDEX request_over ON request (least(first_attended, withdrawn, closed));
DROP INDEX request_submitted;

-- One's own, for lists, copies and erasure.
CREATE INDEX action_mine ON action (owner);
CREATE INDEX action_other_open ON action (other) WHERE state = 'open';
CREATE INDEX invitation_person ON invitation (person);
CREATE INDEX offer_answer_coach ON offer_answer (coach);
CREATE INDEX role_held_organisation ON role_held (organisation);
DROP INDEX person_organisation;
CREATE INDEX person_organisation ON person (organisation) WHERE left_on IS NULL;
DROP INDEX away_coach;
CREATE INDEX away_coach ON away (coach, ends);
-- Few wait to be signed.
CREATE INDEX performance_manager_open ON performance (manager) WHERE state IN ('recorded', 'signed_by_member', 'signed_by_manager');
CREATE INDEX performance_member_open ON performance (member) WHERE state IN ('recorded', 'signed_by_member', 'signed_by_manager');
