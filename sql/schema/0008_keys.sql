-- Keys that people hold: how many, who invited them, when they were last used,
-- which of them a machine has been told of; and what changed about them, for the
-- daemons that keep the known ones in memory.
SET LOCAL search_path = coachhouse, pg_catalog;

ALTER TABLE site ADD COLUMN most_keys int NOT NULL DEFAULT 5 CHECK (most_keys BETWEEN 1 AND 100);

-- Who made it; nobody: it was made on the daemon's own machine.
ALTER TABLE invitation ADD COLUMN made_by bigint DEFAULT me() REFERENCES person;

-- `knows`: the last key of the same person that this one's holder was told of;
-- none yet: itself.
ALTER TABLE key ADD COLUMN invited_by bigint REFERENCES person, ADD COLUMN knows bigint;
GRANT UPDATE (knows) ON key TO coachhouse_server;

-- Beside the key, so that noting a use never waits for, or keeps waiting, who
-- revokes it. To the hour.
CREATE TABLE key_use (
  key bigint PRIMARY KEY REFERENCES key ON DELETE CASCADE,
  person bigint NOT NULL REFERENCES person,
  used timestamptz NOT NULL
);
ALTER TABLE key_use ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON key_use FOR SELECT USING (person = (SELECT me()) OR (SELECT administers()));
GRANT SELECT ON key_use TO coachhouse_server;

-- Keys about which something changed, by transaction: a daemon that read at a
-- snapshot reads next what that snapshot did not see. Kept for two days.
CREATE TABLE key_change (
  at xid8 NOT NULL DEFAULT pg_current_xact_id(),
  public bytea NOT NULL,
  made timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX key_change_at ON key_change (at);
ALTER TABLE key_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY appended ON key_change FOR INSERT WITH CHECK ((SELECT me()) IS NOT NULL);
GRANT INSERT (public) ON key_change TO coachhouse_server;

CREATE FUNCTION key_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = coachhouse, pg_catalog AS $$
BEGIN
  INSERT INTO key_change (public) VALUES (coalesce(NEW.public, OLD.public));
  RETURN NULL;
END $$;
-- Whoever changes roles sees all keys.
CREATE FUNCTION role_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = coachhouse, pg_catalog AS $$
BEGIN
  INSERT INTO key_change (public) SELECT k.public FROM key k
    WHERE k.person = coalesce(NEW.person, OLD.person) AND k.revoked IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER key_changed AFTER INSERT OR DELETE OR UPDATE OF person, public, revoked ON key
  FOR EACH ROW EXECUTE FUNCTION key_changed();
CREATE TRIGGER role_changed AFTER INSERT OR UPDATE OR DELETE ON role_held
  FOR EACH ROW EXECUTE FUNCTION role_changed();

-- What a machine was told of is nothing that daemons need to know.
DROP TRIGGER keys_changed ON key;
CREATE TRIGGER keys_changed AFTER INSERT OR DELETE OR UPDATE OF person, public, revoked ON key
  FOR EACH STATEMENT EXECUTE FUNCTION keys_changed();
