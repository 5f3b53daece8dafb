-- What is sealed with a key is found by the key's name, and in it by its binding:
-- for sealing it again with a newer key, and for counting what a key still holds.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE INDEX note_sealed ON note (substring((note).box, 2, 8), ((note).binding));
CREATE INDEX action_sealed ON action (substring((action_text).box, 2, 8), ((action_text).binding));
