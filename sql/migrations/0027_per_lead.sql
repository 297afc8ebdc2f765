-- What the ledger costs a lead: findings are filled into a pattern, no longer put together one by one.
--
-- A shape is the text of all findings as a pattern of format(): %1$s stands for the first value, as JSON. Shapes of
-- before are lists of entries, and stay so.
COMMENT ON COLUMN finding_shape.entries IS
    'a text: the pattern that the values are filled into; a list: the entries that they are put into, as it was once';

ALTER FUNCTION findings_in_full(jsonb, jsonb, jsonb) RENAME TO findings_put_together;
CREATE FUNCTION findings_in_full(kept jsonb, shape jsonb, later jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    found jsonb;
BEGIN
    IF shape IS NULL OR jsonb_typeof(shape) <> 'string' THEN
        RETURN findings_put_together(kept, shape, later);
    END IF;
    found := format(shape #>> '{}', VARIADIC ARRAY(
        SELECT CAST(value AS text) FROM jsonb_array_elements(kept) WITH ORDINALITY AS k (value, place) ORDER BY place));
    IF later IS NULL THEN
        RETURN found;
    END IF;
    RETURN coalesce((SELECT jsonb_agg(one ORDER BY place)
                       FROM jsonb_array_elements(found) WITH ORDINALITY AS f (one, place)
                      WHERE one ->> 'check' <> 'email_domain'), '[]') || jsonb_build_array(later);
END
$$;
