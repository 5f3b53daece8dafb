-- Life cycles are data: the trigger reads them, the manual prints them. who: coach
-- and mentee mean the two of the engagement, owner the person themselves.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE TABLE life_cycle (
  thing text NOT NULL,
  from_state text NOT NULL,
  event text NOT NULL,
  to_state text NOT NULL,
  who text[] NOT NULL,
  sentence text NOT NULL,
  PRIMARY KEY (thing, from_state, event)
);
GRANT SELECT ON life_cycle TO coachhouse_server;

INSERT INTO life_cycle (thing, from_state, event, to_state, who, sentence) VALUES
('registration', 'applied', 'approve', 'live', '{administrator}', 'An administrator approves the application; the coach can be booked.'),
('registration', 'live', 'pause', 'paused', '{owner,administrator}', 'No new bookings; those made stay.'),
('registration', 'paused', 'resume', 'live', '{owner,administrator}', 'The coach can be booked again.'),
('registration', 'lapsed', 'approve', 'live', '{administrator}', 'Qualification and supervision are up to date again.'),
('registration', 'suspended', 'resume', 'live', '{administrator}', 'The suspension is over.'),
('registration', 'live', 'lapse', 'lapsed', '{administrator}', 'Qualification, supervision or support has expired; no new bookings.'),
('registration', 'live', 'suspend', 'suspended', '{administrator}', 'No bookings until it is settled.'),
('registration', 'applied', 'leave', 'left', '{administrator}', 'The application ends.'),
('registration', 'live', 'leave', 'left', '{administrator}', 'The coach has left the register.'),
('registration', 'paused', 'leave', 'left', '{administrator}', 'The coach has left the register.'),
('registration', 'lapsed', 'leave', 'left', '{administrator}', 'The coach has left the register.'),
('registration', 'suspended', 'leave', 'left', '{administrator}', 'The coach has left the register.'),
('registration', 'left', 'approve', 'live', '{administrator}', 'The coach is back.'),
('request', 'submitted', 'offer', 'offered', '{administrator}', 'The request is offered to a coach, who answers within the offer''s days.'),
('request', 'offered', 'offer', 'offered', '{administrator}', 'The request is offered to another coach.'),
('request', 'offered', 'decline', 'submitted', '{coach,administrator}', 'The coach declined; the request waits again, from when it was submitted.'),
('request', 'offered', 'expire', 'submitted', '{nobody}', 'Nobody answered the offer in time; the request waits again.'),
('request', 'submitted', 'match', 'matched', '{coach,mentee,administrator}', 'A booking answered the request.'),
('request', 'offered', 'match', 'matched', '{coach,mentee,administrator}', 'The coach accepted.'),
('request', 'submitted', 'withdraw', 'withdrawn', '{mentee,administrator}', 'The mentee no longer wants it.'),
('request', 'offered', 'withdraw', 'withdrawn', '{mentee,administrator}', 'The mentee no longer wants it.'),
('request', 'submitted', 'close', 'closed', '{administrator}', 'Closed without a match.'),
('request', 'matched', 'close', 'closed', '{coach,mentee,administrator}', 'The engagement ended before a first session.'),
('engagement', 'proposed', 'accept', 'active', '{coach,administrator}', 'The coach accepted; sessions requested are booked if their time is still free.'),
('engagement', 'proposed', 'decline', 'declined', '{coach,administrator}', 'The coach declined.'),
('engagement', 'proposed', 'withdraw', 'declined', '{mentee,administrator}', 'The mentee withdrew before the coach answered.'),
('engagement', 'active', 'complete', 'completed', '{coach,mentee,administrator}', 'The work is done.'),
('engagement', 'active', 'end', 'ended_early', '{coach,mentee,administrator}', 'It ended before the work was done; a reason is kept.'),
('engagement', 'active', 'pause', 'paused', '{coach,mentee,administrator}', 'Nothing is booked until it goes on.'),
('engagement', 'paused', 'resume', 'active', '{coach,mentee,administrator}', 'The work goes on.'),
('engagement', 'paused', 'complete', 'completed', '{coach,mentee,administrator}', 'The work is done.'),
('engagement', 'paused', 'end', 'ended_early', '{coach,mentee,administrator}', 'It ended before the work was done; a reason is kept.'),
('session', 'requested', 'accept', 'booked', '{coach,administrator}', 'The coach accepted; the time is taken.'),
('session', 'requested', 'decline', 'declined', '{coach,administrator}', 'The coach declined; the time was never taken.'),
('session', 'requested', 'withdraw', 'cancelled', '{mentee,administrator}', 'The mentee withdrew before the coach answered.'),
('session', 'requested', 'postpone', 'to_be_arranged', '{coach,administrator}', 'Accepted, but the time has gone since: a new one is to be found.'),
('session', 'to_be_arranged', 'book', 'booked', '{coach,mentee,administrator}', 'A time is found.'),
('session', 'to_be_arranged', 'cancel', 'cancelled', '{coach,mentee,administrator}', 'It is no longer wanted.'),
('session', 'booked', 'move', 'booked', '{coach,mentee,administrator}', 'The same session at another time.'),
('session', 'requested', 'move', 'requested', '{coach,mentee,administrator}', 'Another time is asked for.'),
('session', 'booked', 'cancel', 'cancelled', '{coach,mentee,administrator}', 'The time is free again.'),
('session', 'requested', 'cancel', 'cancelled', '{coach,mentee,administrator}', 'It is no longer wanted.'),
('session', 'booked', 'attend', 'attended', '{coach,mentee}', 'Both were there.'),
('session', 'booked', 'miss_mentee', 'mentee_missed', '{coach,mentee}', 'The mentee did not come.'),
('session', 'booked', 'miss_coach', 'coach_missed', '{coach,mentee}', 'The coach did not come.'),
('session', 'attended', 'attend', 'attended', '{coach,mentee}', 'How long it took is put right.'),
('session', 'attended', 'miss_mentee', 'mentee_missed', '{coach,mentee}', 'It is put right: the mentee did not come.'),
('session', 'attended', 'miss_coach', 'coach_missed', '{coach,mentee}', 'It is put right: the coach did not come.'),
('session', 'mentee_missed', 'attend', 'attended', '{coach,mentee}', 'It is put right: both were there.'),
('session', 'coach_missed', 'attend', 'attended', '{coach,mentee}', 'It is put right: both were there.'),
('action', 'open', 'done', 'done', '{coach,mentee}', 'It is done.'),
('action', 'open', 'drop', 'dropped', '{coach,mentee}', 'It is no longer wanted.');

-- The states of a thing change only along its life cycle. The argument names it.
CREATE FUNCTION follow_life_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF NOT EXISTS (SELECT FROM coachhouse.life_cycle WHERE thing = TG_ARGV[0]
      AND from_state = OLD.state::text AND to_state = NEW.state::text) THEN
    RAISE EXCEPTION USING ERRCODE = 'ZC010', DETAIL = 'FAILED_PRECONDITION WRONG_STATE',
      MESSAGE = format('This %s is %s: it cannot become %s.', TG_ARGV[0],
        replace(OLD.state::text, '_', ' '), replace(NEW.state::text, '_', ' '));
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON registration
  FOR EACH ROW EXECUTE FUNCTION follow_life_cycle('registration');
CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON request
  FOR EACH ROW EXECUTE FUNCTION follow_life_cycle('request');
CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON engagement
  FOR EACH ROW EXECUTE FUNCTION follow_life_cycle('engagement');
CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON session
  FOR EACH ROW EXECUTE FUNCTION follow_life_cycle('session');
CREATE TRIGGER life_cycle BEFORE UPDATE OF state ON action
  FOR EACH ROW EXECUTE FUNCTION follow_life_cycle('action');
