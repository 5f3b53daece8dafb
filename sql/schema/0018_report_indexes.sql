-- What the month's report looks for, among the few rows that it is about.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE INDEX IF NOT EXISTS session_missed ON session (starts) WHERE state IN ('mentee_missed', 'coach_missed');
CREATE INDEX IF NOT EXISTS given_month ON given (coach, first) WHERE period = 'month';
CREATE INDEX IF NOT EXISTS engagement_ended ON engagement (ended);
