-- What lists look for among much that has passed.
SET LOCAL search_path = coachhouse, pg_catalog;

-- Who waits to be approved.
CREATE INDEX registration_applied ON registration (person) WHERE state = 'applied';
-- Of who asked for them, when they do not administer any more.
CREATE INDEX disclosure_requested_by ON disclosure (requested_by);
