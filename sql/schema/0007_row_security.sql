-- What the serving role may touch, and which rows a person sees. Policies use
-- only columns of the row itself. Enabled, not forced: the owner migrates and
-- never serves. What must see across people is a closed list of SECURITY
-- DEFINER functions in sql/functions. Without a caller nothing is seen.
SET LOCAL search_path = coachhouse, pg_catalog;

ALTER TABLE organisation ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON organisation USING ((SELECT me()) IS NOT NULL)
  WITH CHECK ((SELECT administers()));
GRANT SELECT, INSERT, UPDATE (ends_on, sector, locality) ON organisation TO coachhouse_server;

ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON person USING ((SELECT me()) IS NOT NULL)
  WITH CHECK ((SELECT administers()));
CREATE POLICY own ON person FOR UPDATE USING (id = (SELECT me()));
GRANT SELECT, INSERT, UPDATE (name, organisation, zone, left_on) ON person TO coachhouse_server;

ALTER TABLE contact ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON contact USING (person = (SELECT me()) OR (SELECT administers()))
  WITH CHECK ((SELECT administers()));
GRANT SELECT, INSERT ON contact TO coachhouse_server;

ALTER TABLE role_held ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON role_held USING (person = (SELECT me()) OR (SELECT administers()))
  WITH CHECK ((SELECT administers()));
GRANT SELECT, INSERT, UPDATE (ends_on) ON role_held TO coachhouse_server;

ALTER TABLE manages ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON manages USING ((SELECT me()) IN (manager, member) OR (SELECT administers()));
GRANT SELECT ON manages TO coachhouse_server;

ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;
CREATE POLICY administrators ON invitation USING ((SELECT administers()));
GRANT SELECT, INSERT, UPDATE (expires) ON invitation TO coachhouse_server;

ALTER TABLE key ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON key USING (person = (SELECT me()) OR (SELECT administers()));
GRANT SELECT, UPDATE (revoked) ON key TO coachhouse_server;

ALTER TABLE receipt ENABLE ROW LEVEL SECURITY;
CREATE POLICY write_own ON receipt FOR INSERT WITH CHECK (person IS NOT DISTINCT FROM (SELECT me()));
GRANT INSERT ON receipt TO coachhouse_server;

-- The register is read by everyone in the partnership.
ALTER TABLE registration ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON registration FOR SELECT USING ((SELECT me()) IS NOT NULL);
CREATE POLICY own ON registration FOR ALL USING (person = (SELECT me()) OR (SELECT administers()));
GRANT SELECT, INSERT, UPDATE (version, state, activities, specialisms, languages, pledge_hours,
  client_limit, weekly_hours, buffer_minutes, notice_hours, self_selection, approved)
  ON registration TO coachhouse_server;

ALTER TABLE pattern ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON pattern USING (coach = (SELECT me()) OR (SELECT administers()));
GRANT SELECT, INSERT, DELETE, UPDATE (valid_to) ON pattern TO coachhouse_server;
ALTER TABLE opening ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON opening USING (coach = (SELECT me()) OR (SELECT administers()));
GRANT SELECT, INSERT, DELETE ON opening TO coachhouse_server;
ALTER TABLE away ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON away USING (coach = (SELECT me()) OR (SELECT administers()));
GRANT SELECT, INSERT, UPDATE (cancelled) ON away TO coachhouse_server;

ALTER TABLE request ENABLE ROW LEVEL SECURITY;
CREATE POLICY parties ON request
  USING ((SELECT me()) IN (mentee, coach) OR (SELECT administers()));
GRANT SELECT, INSERT, UPDATE (coach, state, offered, offer_expires, matched, first_booked,
  first_attended, withdrawn, closed, engagement) ON request TO coachhouse_server;

ALTER TABLE offer_answer ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON offer_answer USING (coach = (SELECT me()) OR (SELECT administers()));
GRANT SELECT, INSERT ON offer_answer TO coachhouse_server;

ALTER TABLE engagement ENABLE ROW LEVEL SECURITY;
CREATE POLICY parties ON engagement
  USING ((SELECT me()) IN (coach, mentee) OR (SELECT administers()));
GRANT SELECT, INSERT, UPDATE (version, state, sessions_agreed, until, started, ended, end_reason)
  ON engagement TO coachhouse_server;

ALTER TABLE session ENABLE ROW LEVEL SECURITY;
CREATE POLICY parties ON session
  USING ((SELECT me()) IN (coach, mentee) OR (SELECT administers()));
GRANT SELECT, INSERT, UPDATE (version, state, starts, ends, zone, venue, minutes, closed, closed_by,
  reason, late, override_reason, disputed, dispute_reason, recorded) ON session TO coachhouse_server;

ALTER TABLE participation ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON participation
  USING ((SELECT me()) = ANY (readers) OR (SELECT administers()));
-- What moves or ends goes with its session; a time given up is deleted.
GRANT SELECT, INSERT, DELETE ON participation TO coachhouse_server;

ALTER TABLE conversation ENABLE ROW LEVEL SECURITY;
CREATE POLICY parties ON conversation
  USING ((SELECT me()) IN (coach, mentee) OR (SELECT administers()))
  WITH CHECK (author = (SELECT me()));
GRANT SELECT, INSERT ON conversation TO coachhouse_server;

-- Content: no administrator, ever.
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON note
  USING (author = (SELECT me()) OR (visible = 'us' AND other = (SELECT me())))
  WITH CHECK (author = (SELECT me()));
GRANT SELECT, INSERT ON note TO coachhouse_server;

ALTER TABLE action ENABLE ROW LEVEL SECURITY;
CREATE POLICY parties ON action USING ((SELECT me()) IN (owner, other))
  WITH CHECK ((SELECT me()) IN (owner, other));
GRANT SELECT, INSERT, UPDATE (state, due, changed) ON action TO coachhouse_server;
