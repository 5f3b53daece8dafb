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

-- How many values each key holds, by its name, padded with zeros.
CREATE FUNCTION sealed_keys() RETURNS TABLE (key bytea, boxes bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  all_places text;
BEGIN
  SELECT string_agg(format('SELECT substring((t.%1$I).box, 2, 8) AS name FROM coachhouse.%2$I t WHERE (t.%1$I).box IS NOT NULL',
    p.field, p.relation), ' UNION ALL ') INTO all_places FROM sealed_places() p;
  RETURN QUERY EXECUTE 'SELECT name, count(*) FROM (' || all_places
    || ') s GROUP BY name ORDER BY 1';
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
