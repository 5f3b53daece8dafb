-- What waits for the caller.
CREATE TYPE todo_kind AS ENUM
  ('close_session', 'answer_request', 'action_due', 'record_conversation', 'arrange_session',
   'offer_request', 'approve_coach', 'new_key', 'sign_conversation',
   'approve_disclosure', 'read_disclosure', 'disclosure_notice');

CREATE VIEW todo WITH (security_invoker) AS
  SELECT s.id, 'close_session'::todo_kind AS kind, other_name(s.coach, s.mentee) AS with_name, s.ends AS since,
      NULL::text AS due, NULL::sealed AS action_text
    FROM session s WHERE s.state = 'booked' AND s.ends < clock() AND (SELECT me()) IN (s.coach, s.mentee)
  UNION ALL
  SELECT r.id, 'answer_request', (SELECT name FROM person WHERE id = r.mentee), coalesce(r.offered, r.submitted), NULL, NULL
    FROM request r WHERE r.state = 'offered' AND r.coach = (SELECT me()) AND r.offer_expires > clock()
  UNION ALL
  SELECT s.id, 'answer_request', other_name(s.coach, s.mentee), s.booked, NULL, NULL
    FROM session s WHERE s.state = 'requested' AND s.coach = (SELECT me()) AND s.starts > clock()
      AND NOT EXISTS (SELECT FROM request r WHERE r.engagement = s.engagement AND r.state = 'offered')
  UNION ALL
  SELECT r.id, 'offer_request', (SELECT name FROM person WHERE id = r.mentee), r.submitted, NULL, NULL
    FROM request r WHERE r.state = 'submitted' AND (SELECT administers())
  UNION ALL
  SELECT a.id, 'action_due', (SELECT name FROM person WHERE id = a.other), a.made, a.due::text, a.action_text
    FROM action a WHERE a.state = 'open' AND a.owner = (SELECT me()) AND a.due <= today() + 7
  UNION ALL
  SELECT s.id, 'record_conversation', other_name(s.coach, s.mentee), s.ends, NULL, NULL
    FROM session s WHERE s.state = 'attended' AND s.recorded IS NULL AND s.starts > clock() - interval '60 days'
      AND (SELECT me()) IN (s.coach, s.mentee)
  UNION ALL
  SELECT s.id, 'arrange_session', other_name(s.coach, s.mentee), s.booked, NULL, NULL
    FROM session s WHERE s.state = 'to_be_arranged' AND (SELECT me()) IN (s.coach, s.mentee)
  UNION ALL
  SELECT r.person, 'approve_coach', (SELECT name FROM person WHERE id = r.person), r.added, NULL, NULL
    FROM registration r WHERE r.state = 'applied' AND (SELECT administers())
  UNION ALL
  SELECT k.id, 'new_key', (SELECT name FROM person WHERE id = k.invited_by), k.added, NULL, NULL FROM new_key k
  UNION ALL
  SELECT p.id, 'sign_conversation', name_of(CASE WHEN p.manager = (SELECT me()) THEN p.member ELSE p.manager END), p.recorded, NULL, NULL
    FROM performance p WHERE (p.manager = (SELECT me()) AND p.state IN ('recorded', 'signed_by_member'))
      OR (p.member = (SELECT me()) AND p.state IN ('recorded', 'signed_by_manager'))
  UNION ALL
  SELECT d.id, 'approve_disclosure', name_of(d.author), d.requested, NULL, NULL FROM disclosure d
    WHERE d.state = 'requested' AND (SELECT administers()) AND (SELECT me()) NOT IN (d.requested_by, d.recipient, d.author, d.other)
  UNION ALL
  SELECT d.id, 'read_disclosure', name_of(d.author), d.decided, NULL, NULL FROM disclosure d
    WHERE d.state = 'approved' AND d.recipient = (SELECT me()) AND d.until > clock() AND d.reads = 0
  UNION ALL
  SELECT d.id, 'disclosure_notice', name_of(d.recipient), d.decided, NULL, NULL FROM disclosure d
    WHERE d.state IN ('approved', 'ended') AND (SELECT me()) IN (d.author, d.other) AND d.decided > clock() - interval '30 days';
