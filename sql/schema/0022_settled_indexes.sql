-- What upkeep and retention look for, without reading all there is.
SET LOCAL search_path = coachhouse, pg_catalog;

-- What is to be settled next.
CREATE INDEX participation_unsettled ON participation (ends) WHERE live AND NOT settled;
-- Who was looked at, when the reading itself goes for its age.
CREATE INDEX reading_about_reading ON reading_about (reading);
