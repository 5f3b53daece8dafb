-- What a coach is sought by, plain once and for all, instead of at each search.
SET LOCAL search_path = coachhouse, pg_catalog;

CREATE FUNCTION plain_lines(words text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(coachhouse.plain(w), E'\n'), '') FROM unnest(words) w
$$;
ALTER TABLE registration ADD sought text NOT NULL GENERATED ALWAYS AS (plain_lines(specialisms)) STORED;
