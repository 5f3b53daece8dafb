-- What the month's report looks for, among the few rows that it is about.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE INDEX session_missed ON session (starts) WHERE state IN ('mentee_missed', 'coach_missed');
CREATE INDEX given_month ON given (coach, first) WHERE period = 'month';
CREATE INDEX engagement_ended ON engagement (ended);
