-- How far the rules of a zone have been followed: coaches after this one still have
-- weeks by those of before. NULL: all follow.
SET LOCAL search_path = coachhouse, pg_catalog;

ALTER TABLE zone_rule ADD COLUMN IF NOT EXISTS followed bigint;
