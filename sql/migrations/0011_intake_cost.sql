-- What a lead costs to take: sightings counted by account, findings kept as values, fewer references checked.

CREATE INDEX sighting_of_account ON sighting (mark, account_id, at);
DROP INDEX sighting_of_mark;

-- What leads' findings have in common: every check with its verdict, and the places of its inputs' values.
CREATE TABLE finding_shape (
    account_id  uuid NOT NULL REFERENCES account,
    digest      bytea NOT NULL,
    entries     jsonb NOT NULL,
    PRIMARY KEY (digest, account_id)
);
ALTER TABLE lead
    ADD COLUMN finding_shape bytea,
    ADD COLUMN mail_finding jsonb;
COMMENT ON COLUMN lead.finding_shape IS 'null: the findings stand in full, as they did once';
COMMENT ON COLUMN lead.findings IS 'the values of every check, by their places in the shape: see findings_in_full';
COMMENT ON COLUMN lead.mail_finding IS 'what was found out later about the mail domain: takes the place of that finding';

-- Every check with its inputs and verdict, as it was found.
CREATE FUNCTION findings_in_full(kept jsonb, shape jsonb, later jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
SELECT coalesce(jsonb_agg(found ORDER BY place) FILTER (WHERE later IS NULL OR found ->> 'check' <> 'email_domain'),
                '[]') || CASE WHEN later IS NULL THEN '[]' ELSE jsonb_build_array(later) END
  FROM (SELECT place, one AS found
          FROM jsonb_array_elements(CASE WHEN shape IS NULL THEN kept ELSE '[]' END) WITH ORDINALITY AS k (one, place)
        UNION ALL
        SELECT place, CASE WHEN jsonb_typeof(one) = 'number' THEN kept -> CAST(one AS integer)
                           WHEN one ? 'inputs' THEN one || jsonb_build_object('inputs', (
                               SELECT jsonb_object_agg(name, CASE jsonb_typeof(value) WHEN 'number'
                                                             THEN kept -> CAST(value AS integer) ELSE value END)
                                 FROM jsonb_each(one -> 'inputs') AS i (name, value)))
                           ELSE one END
          FROM jsonb_array_elements(coalesce(shape, '[]')) WITH ORDINALITY AS s (one, place)) f
$$;

-- Every lead that is taken locks the rows that it refers to, and so do all that come at the same moment: these rows
-- take their account from the source's row. A lead's own is that of its source, which is checked; the others are
-- digests that are forgotten.
ALTER TABLE lead DROP CONSTRAINT lead_account_id_fkey;
ALTER TABLE recent_key DROP CONSTRAINT recent_key_account_id_fkey;
ALTER TABLE sighting DROP CONSTRAINT sighting_account_id_fkey;
