-- Machines that answer: what detection said and when, what the agents say who heard the call, messages that are left.

ALTER TABLE leg ADD detected_at timestamptz;
COMMENT ON COLUMN leg.detected_at IS 'when detection''s verdict (answered_by) reached us';

ALTER TABLE attempt
    ADD label_asked text CHECK (label_asked IN ('human', 'machine', 'unknown')),
    ADD labelled_as text CHECK (labelled_as IN ('human', 'machine')),
    ADD voicemail_left_at timestamptz;
COMMENT ON COLUMN attempt.label_asked IS 'detection''s verdict on a call of the sample, whose agent is asked who answered; null: not in the sample';
COMMENT ON COLUMN attempt.labelled_as IS 'who answered, by the latest word of somebody who heard the call';
COMMENT ON COLUMN attempt.voicemail_left_at IS 'when a message had been said to its end to a machine; never a contact';

-- Every word on who answered, in order; the attempt has the latest.
CREATE TABLE answer_label (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    attempt_id  uuid NOT NULL,
    label       text NOT NULL CHECK (label IN ('human', 'machine')),
    detected    text,
    sampled     boolean NOT NULL,
    said_at     timestamptz NOT NULL,
    said_by     text NOT NULL,
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id)
);
COMMENT ON COLUMN answer_label.sampled IS 'it was asked for; what is said unasked is in no rate';
CREATE INDEX answer_label_of_attempt ON answer_label (attempt_id);

-- Files that are played to machines, by what they hold. One that is uploaded anew under its name is a row of its own:
-- what was played once stays.
CREATE TABLE sound (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES account,
    name         text NOT NULL,
    content_type text NOT NULL,
    sha256       text NOT NULL,
    body         bytea NOT NULL,
    uploaded_at  timestamptz NOT NULL,
    uploaded_by  text NOT NULL
);
ALTER TABLE sound ALTER body SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX sound_of_name ON sound (name, account_id, sha256);
CREATE INDEX sound_of_digest ON sound (sha256);

-- A message on its way: one a leg, written before the carrier is asked.
CREATE TABLE voicemail (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    attempt_id  uuid NOT NULL,
    leg_id      uuid NOT NULL UNIQUE,
    opening     text NOT NULL,
    words       text NOT NULL,
    closing     text NOT NULL,
    sha256      text,
    digest      text NOT NULL,
    asked_at    timestamptz NOT NULL,
    sent_at     timestamptz,
    begun_at    timestamptz,
    left_at     timestamptz,
    withheld_at timestamptz,
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id),
    FOREIGN KEY (account_id, leg_id) REFERENCES leg (account_id, id)
);
COMMENT ON COLUMN voicemail.sha256 IS 'of the file that is played instead of the words; null: they are spoken';
COMMENT ON COLUMN voicemail.digest IS 'SHA-256 of all that is heard, which stays when the words are erased';
COMMENT ON COLUMN voicemail.sent_at IS 'the carrier took the call away from the agent; begun_at: after the greeting; left_at: it was said to its end; withheld_at: a permit refused it';
CREATE INDEX voicemail_of_attempt ON voicemail (attempt_id);

CREATE TRIGGER ledger_labelled AFTER INSERT ON answer_label
    FOR EACH ROW EXECUTE FUNCTION ledger_note('answer_labelled');
CREATE TRIGGER ledger_sound AFTER INSERT ON sound
    FOR EACH ROW EXECUTE FUNCTION ledger_note('sound_uploaded');
CREATE TRIGGER ledger_voicemail_begun AFTER UPDATE ON voicemail
    FOR EACH ROW WHEN (NEW.begun_at IS NOT NULL AND OLD.begun_at IS NULL)
    EXECUTE FUNCTION ledger_note('voicemail_begun');
CREATE TRIGGER ledger_voicemail_left AFTER UPDATE ON voicemail
    FOR EACH ROW WHEN (NEW.left_at IS NOT NULL AND OLD.left_at IS NULL)
    EXECUTE FUNCTION ledger_note('voicemail_left');

-- The kinds of this file; of all others the function as it was tells.
ALTER FUNCTION ledger_says(text, uuid, text) RENAME TO ledger_says_0022;
CREATE FUNCTION ledger_says(of_kind text, of_account uuid, of_reference text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET timezone = 'UTC' AS $$
DECLARE
    said jsonb;
BEGIN
    CASE of_kind
    WHEN 'answer_labelled' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id, 'at', b.said_at,
            'facts', jsonb_build_object(
                'attempt_id', a.id, 'number', a.number, 'label', b.label, 'detected', b.detected, 'sampled', b.sampled,
                'by', b.said_by))
          INTO said
          FROM answer_label b JOIN attempt a ON a.id = b.attempt_id
         WHERE b.id = CAST(of_reference AS uuid) AND b.account_id = of_account;
    WHEN 'sound_uploaded' THEN
        SELECT jsonb_build_object('lead_id', NULL, 'at', s.uploaded_at,
            'facts', jsonb_build_object(
                'name', s.name, 'content_type', s.content_type, 'sha256', s.sha256, 'by', s.uploaded_by))
          INTO said
          FROM sound s WHERE s.id = CAST(of_reference AS uuid) AND s.account_id = of_account;
    WHEN 'voicemail_begun', 'voicemail_left' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id,
            'at', CASE of_kind WHEN 'voicemail_begun' THEN v.begun_at ELSE v.left_at END,
            'facts', jsonb_build_object(
                'attempt_id', a.id, 'number', a.number, 'opening', v.opening, 'closing', v.closing,
                'file_sha256', v.sha256, 'digest', v.digest),
            'personal', jsonb_build_object('voicemail', jsonb_build_object('words', v.words)))
          INTO said
          FROM voicemail v JOIN attempt a ON a.id = v.attempt_id
         WHERE v.id = CAST(of_reference AS uuid) AND v.account_id = of_account;
    ELSE
        said := ledger_says_0022(of_kind, of_account, of_reference);
    END CASE;
    RETURN said;
END
$$;
