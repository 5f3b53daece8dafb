-- The conversations of the sample were recorded on the day it was loaded; put
-- them back to the day after their session, and let what was agreed take its course.
BEGIN;
SET timezone = 'UTC';
SET search_path = coachhouse, pg_catalog;

CREATE TEMP TABLE told AS
  SELECT c.id, c.session, s.ends + make_interval(hours => 2 + c.id::int % 20) AS at
  FROM note n JOIN conversation c ON c.id = n.conversation JOIN session s ON s.id = c.session;
UPDATE conversation c SET recorded = t.at FROM told t WHERE t.id = c.id;
UPDATE session s SET recorded = t.at, closed = t.at, version = 2 FROM told t WHERE t.session = s.id;
UPDATE receipt r SET at = t.at FROM told t WHERE r.subject = t.id;
UPDATE action a SET made = t.at, due = (t.at + make_interval(days => 7 + 7 * (a.id::int % 4)))::date
  FROM told t WHERE t.id = a.conversation;
UPDATE action SET state = CASE WHEN id % 9 = 4 THEN 'dropped' ELSE 'done' END::action_state, changed = due + time '16:30'
  WHERE due < clock() - interval '14 days' AND id % 7 <> 3 AND made < clock() - interval '30 days';

-- The keys with which they were recorded are nobody's.
DELETE FROM key WHERE label = 'sample';
DELETE FROM invitation WHERE used IS NOT NULL AND used_by NOT IN (SELECT public FROM key);
COMMIT;
ANALYZE conversation, note, action;
