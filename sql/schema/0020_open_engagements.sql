-- How many a coach works with, for the month's report: read from this index alone.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE INDEX engagement_coach_open ON engagement (coach) INCLUDE (mentee, proposed)
  WHERE state IN ('proposed', 'active', 'paused');
