-- One person's copy of all that is held about them: their own words, what was
-- shared with them, facts; never what somebody else wrote for themselves.

CREATE TYPE detail AS (name text, value text);
CREATE TYPE data_item AS (id bigint, kind text, details detail[], note sealed, action_text sealed, performance_note sealed);

-- A row as names and values, in order.
CREATE FUNCTION details(row_ json) RETURNS detail[] LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg(ROW(key, value #>> '{}')::detail) FROM json_each(row_) WHERE json_typeof(value) <> 'null'
$$;

-- What the caller may not read in the tables: their invitations, holds on them, and
-- who did what, they themselves and others upon them. Without tokens and reasons.
CREATE FUNCTION my_traces(what text, since timestamptz) RETURNS TABLE (id bigint, at timestamptz, row_ json)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  CASE what
  WHEN 'invitation' THEN
    RETURN QUERY SELECT i.id, i.made, row_to_json(x) FROM invitation i, LATERAL (SELECT i.made, i.expires, i.used, name_of(i.made_by) AS made_by) x
      WHERE i.person = me();
  WHEN 'hold' THEN
    RETURN QUERY SELECT h.id, h.placed, row_to_json(x) FROM person_hold h, LATERAL (SELECT h.placed, h.lifted) x WHERE h.person = me();
  WHEN 'receipt' THEN
    RETURN QUERY SELECT NULL::bigint, r.at, row_to_json(x) FROM receipt r, LATERAL (SELECT r.at, r.method, r.subject AS thing,
        CASE WHEN r.person <> me() THEN name_of(r.person) END AS by) x
      WHERE (r.person = me() OR r.subject = me()) AND r.at >= since;
  END CASE;
END $$;

-- In order of id: the kind's place and, within it, a number or the microseconds of a
-- time, so that a page goes on where the last one ended whatever happened meanwhile.
CREATE FUNCTION my_data(after bigint) RETURNS SETOF data_item LANGUAGE plpgsql STABLE AS $$
DECLARE
  kinds text[] := '{person,contact,role,manager,key,invitation,registration,hours,opening,away,request,answer,engagement,session,conversation,action,performance,hold,reading,disclosure,receipt}';
  step bigint := 1::bigint << 56;
  first int := after / step;
  since timestamptz;
  k text;
BEGIN
  FOR n IN first .. cardinality(kinds) LOOP
    CONTINUE WHEN n = 0;
    k := kinds[n];
    since := CASE WHEN n = first THEN to_timestamp((after % step) / 1e6) ELSE '-infinity' END;
    RETURN QUERY
    WITH item (key, row_, note, action_text, performance_note) AS (
      SELECT p.id, row_to_json(x), NULL::sealed, NULL::sealed, NULL::sealed FROM person p, LATERAL (SELECT p.id AS number, p.name,
          (SELECT o.name FROM organisation o WHERE o.id = p.organisation) AS organisation, p.zone, p.added, p.left_on) x
        WHERE k = 'person' AND p.id = me()
      UNION ALL SELECT c.person, row_to_json(x), NULL, NULL, NULL FROM contact c, LATERAL (SELECT c.email) x WHERE k = 'contact' AND c.person = me()
      UNION ALL SELECT row_number() OVER (ORDER BY h.starts_on, h.role, h.organisation), row_to_json(x), NULL, NULL, NULL FROM role_held h, LATERAL (
          SELECT h.role, (SELECT o.name FROM organisation o WHERE o.id = h.organisation) AS organisation, h.starts_on, h.ends_on) x
        WHERE k = 'role' AND h.person = me()
      UNION ALL SELECT m.id, row_to_json(x), NULL, NULL, NULL FROM manages m, LATERAL (SELECT name_of(m.manager) AS manager, name_of(m.member) AS member,
          m.starts_on, m.ends_on) x WHERE k = 'manager' AND (m.manager = me() OR m.member = me())
      UNION ALL SELECT t.id, row_to_json(x), NULL, NULL, NULL FROM key t LEFT JOIN key_use u ON u.key = t.id, LATERAL (SELECT t.id AS number,
          encode(t.public, 'hex') AS public, t.label, t.added, t.revoked, name_of(t.invited_by) AS invited_by, u.used) x WHERE k = 'key' AND t.person = me()
      UNION ALL SELECT t.id, t.row_, NULL, NULL, NULL FROM my_traces('invitation', NULL) t WHERE k = 'invitation'
      UNION ALL SELECT r.person, row_to_json(x), NULL, NULL, NULL FROM registration r, LATERAL (SELECT r.state, r.activities, r.specialisms, r.languages,
          r.pledge_hours, r.client_limit, r.weekly_hours, r.buffer_minutes, r.notice_hours, r.self_selection, r.added, r.approved, r.left_at, r.left_from) x
        WHERE k = 'registration' AND r.person = me()
      UNION ALL SELECT t.id, row_to_json(x), NULL, NULL, NULL FROM pattern t, LATERAL (SELECT t.weekday, t.opens, t.closes, t.zone, t.valid_from, t.valid_to) x
        WHERE k = 'hours' AND t.coach = me()
      UNION ALL SELECT t.id, row_to_json(x), NULL, NULL, NULL FROM opening t, LATERAL (SELECT t.starts, t.ends) x WHERE k = 'opening' AND t.coach = me()
      UNION ALL SELECT t.id, row_to_json(x), NULL, NULL, NULL FROM away t, LATERAL (SELECT t.starts, t.ends, t.reason, t.cancelled) x
        WHERE k = 'away' AND t.coach = me()
      UNION ALL SELECT r.id, row_to_json(x), NULL, NULL, NULL FROM request r, LATERAL (SELECT r.id AS number, name_of(r.mentee) AS mentee,
          name_of(r.coach) AS coach, r.activity, r.state, r.submitted, r.offered, r.offer_expires, r.matched, r.first_booked, r.first_attended,
          r.withdrawn, r.closed, r.engagement) x WHERE k = 'request' AND (r.mentee = me() OR r.coach = me())
      UNION ALL SELECT row_number() OVER (ORDER BY a.answered, a.request), row_to_json(x), NULL, NULL, NULL FROM offer_answer a, LATERAL (
          SELECT a.request, a.offered, a.answered, a.accepted, a.reason) x WHERE k = 'answer' AND a.coach = me()
      UNION ALL SELECT e.id, row_to_json(x), NULL, NULL, NULL FROM engagement e, LATERAL (SELECT e.id AS number, e.activity, name_of(e.coach) AS coach,
          name_of(e.mentee) AS mentee, e.state, e.sessions_agreed, e.until, e.proposed, e.started, e.ended, e.end_reason) x
        WHERE k = 'engagement' AND (e.coach = me() OR e.mentee = me())
      UNION ALL SELECT s.id, row_to_json(x), NULL, NULL, NULL FROM session s, LATERAL (SELECT s.id AS number, s.engagement, s.activity,
          name_of(s.coach) AS coach, name_of(s.mentee) AS mentee, s.state, s.starts, s.ends, s.zone, s.minutes, s.venue, s.series, s.booked,
          name_of(s.booked_by) AS booked_by, s.closed, name_of(s.closed_by) AS closed_by, s.late, s.reason, s.override_reason, s.disputed,
          s.dispute_reason, s.recorded) x WHERE k = 'session' AND (s.coach = me() OR s.mentee = me())
      UNION ALL SELECT c.id, row_to_json(x), n.note, NULL, NULL FROM conversation c LEFT JOIN note n ON n.conversation = c.id, LATERAL (
          SELECT c.id AS number, c.session, name_of(c.coach) AS coach, name_of(c.mentee) AS mentee, name_of(c.author) AS author, c.recorded) x
        WHERE k = 'conversation' AND (c.coach = me() OR c.mentee = me())
      UNION ALL SELECT a.id, row_to_json(x), NULL, a.action_text, NULL FROM action a, LATERAL (SELECT a.id AS number, a.conversation, a.engagement,
          name_of(a.author) AS author, name_of(a.owner) AS owner, name_of(a.other) AS other, a.due, a.state, a.made, a.changed) x
        WHERE k = 'action' AND (a.owner = me() OR a.other = me())
      UNION ALL SELECT p.id, row_to_json(x), NULL, NULL, t.performance_note FROM performance p LEFT JOIN performance_text t ON t.performance = p.id, LATERAL (
          SELECT p.id AS number, name_of(p.manager) AS manager, name_of(p.member) AS member, name_of(p.author) AS author, p.starts, p.ends, p.state,
            p.recorded, p.manager_signed, p.member_signed, p.replaces) x
        WHERE k = 'performance' AND (p.manager = me() OR p.member = me())
      UNION ALL SELECT t.id, t.row_, NULL, NULL, NULL FROM my_traces('hold', NULL) t WHERE k = 'hold'
      UNION ALL SELECT r.reading, row_to_json(x), NULL, NULL, NULL FROM reading_about r, LATERAL (SELECT r.at, name_of(r.reader) AS by, r.method, r.people) x
        WHERE k = 'reading' AND r.person = me()
      UNION ALL SELECT d.id, row_to_json(x), NULL, NULL, NULL FROM disclosure d, LATERAL (SELECT d.id AS number, d.state, d.starts, name_of(d.author) AS author,
          name_of(d.other) AS other, name_of(d.recipient) AS recipient, d.grounds, d.reason, name_of(d.requested_by) AS requested_by, d.requested,
          name_of(d.decided_by) AS decided_by, d.decided, d.until, d.first_read, d.reads, d.ended) x
        WHERE k = 'disclosure' AND me() IN (d.author, d.other, d.recipient)
      UNION ALL SELECT (extract(epoch FROM t.at) * 1000000)::bigint, t.row_, NULL, NULL, NULL FROM my_traces('receipt', since) t WHERE k = 'receipt'
    )
    SELECT n * step + i.key, k, details(i.row_), i.note, i.action_text, i.performance_note FROM item i
      WHERE n * step + i.key > after ORDER BY 1 LIMIT 100;
    -- A page that is full within one kind ends there.
    EXIT WHEN FOUND;
  END LOOP;
END $$;

-- As much of it as fits into one reply: one item at least, whatever it holds.
CREATE FUNCTION my_data_page(after bigint, most int) RETURNS SETOF data_item LANGUAGE sql STABLE AS $$
  SELECT id, kind, details, note, action_text, performance_note FROM (
    SELECT d.*, row_number() OVER (ORDER BY d.id) AS n, sum(octet_length(d.details::text) + coalesce(octet_length((d.note).box), 0)
      + coalesce(octet_length((d.action_text).box), 0) + coalesce(octet_length((d.performance_note).box), 0) + 64) OVER (ORDER BY d.id) AS bytes
    FROM my_data(after) d) d
  WHERE n = 1 OR bytes <= 40000 ORDER BY id LIMIT most
$$;
