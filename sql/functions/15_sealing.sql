-- Sealed values as boxes: counted by key, handed out to be sealed again with a
-- newer one, and put back. Nothing here opens one, or tells more of whose it is
-- than its label. A column of type sealed is found by itself; its name is the
-- field's, and it needs the indexes of sealing_keys (a test looks).

CREATE FUNCTION sealed_places() RETURNS TABLE (place text, relation name, field name)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT concat(c.relname, '.', a.attname) COLLATE "C" AS p, c.relname, a.attname
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'coachhouse'::regnamespace AND c.relkind = 'r'
      AND a.atttypid = 'coachhouse.sealed'::regtype AND NOT a.attisdropped
    ORDER BY p;
END $$;

-- How many values each key holds, by its name, padded with zeros. Those of `current`,
-- unless NULL, are not counted but 1: it holds nearly all, and who asks knows it. The
-- names are found by going from one to the next in the index.
CREATE FUNCTION sealed_keys(current bytea DEFAULT NULL) RETURNS TABLE (key bytea, boxes bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  p record;
  last bytea;
  found bigint;
  counts jsonb := '{}';
BEGIN
  FOR p IN SELECT * FROM sealed_places() LOOP
    last := '';
    LOOP
      EXECUTE format('SELECT substring((t.%1$I).box, 2, 8) FROM coachhouse.%2$I t WHERE substring((t.%1$I).box, 2, 8) > $1
        ORDER BY substring((t.%1$I).box, 2, 8), (t.%1$I).binding LIMIT 1', p.field, p.relation) INTO last USING last;
      EXIT WHEN last IS NULL;
      found := 1;
      IF last IS DISTINCT FROM current THEN
        EXECUTE format('SELECT count(*) FROM coachhouse.%2$I t WHERE substring((t.%1$I).box, 2, 8) = $1', p.field, p.relation)
          INTO found USING last;
      END IF;
      counts := counts || jsonb_build_object(encode(last, 'hex'), found + coalesce((counts ->> encode(last, 'hex'))::bigint, 0));
    END LOOP;
  END LOOP;
  RETURN QUERY SELECT decode(c.key, 'hex'), c.value::bigint FROM jsonb_each_text(counts) c ORDER BY 1;
END $$;

-- The next values that this key sealed, in order of place and binding.
CREATE FUNCTION sealed_with(key bytea, after_place text, after_binding bytea, most int)
RETURNS TABLE (place text, field text, author bigint, visible text, box bytea, binding bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  p record;
  found int;
BEGIN
  FOR p IN SELECT * FROM sealed_places() s WHERE s.place >= after_place LOOP
    RETURN QUERY EXECUTE format('SELECT $1, $2, (t.%1$I).author, (t.%1$I).visible::text, (t.%1$I).box, (t.%1$I).binding
        FROM coachhouse.%2$I t WHERE substring((t.%1$I).box, 2, 8) = $3 AND (t.%1$I).binding > $4
          AND length((t.%1$I).binding) = 16 ORDER BY (t.%1$I).binding LIMIT $5', p.field, p.relation)
      USING p.place, p.field::text, sealed_with.key,
        CASE WHEN p.place = after_place THEN after_binding ELSE '' END, most;
    GET DIAGNOSTICS found = ROW_COUNT;
    most := most - found;
    EXIT WHEN most <= 0;
  END LOOP;
END $$;

-- Puts fresh boxes where those stand that begin with these heads, and counts
-- them. What has changed meanwhile, or is held by somebody, stays as it is: who
-- seals again waits for nobody.
CREATE FUNCTION seal_again(at text, bindings bytea[], heads bytea[], fresh bytea[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  p record;
  done int := 0;
BEGIN
  FOR p IN SELECT * FROM sealed_places() s WHERE s.place = at LOOP
    EXECUTE format('WITH held AS MATERIALIZED (
          SELECT t.ctid AS row, n.box FROM unnest($1, $2, $3) n (binding, head, box)
            JOIN coachhouse.%2$I t ON (t.%1$I).binding = n.binding
          WHERE substring((t.%1$I).box, 1, 33) = n.head FOR UPDATE OF t SKIP LOCKED)
        UPDATE coachhouse.%2$I t SET %1$I.box = held.box FROM held WHERE t.ctid = held.row',
      p.field, p.relation) USING bindings, heads, fresh;
    GET DIAGNOSTICS done = ROW_COUNT;
  END LOOP;
  RETURN done;
END $$;
