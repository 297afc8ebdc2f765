-- The ledger tells of texts and mails, and of recordings that are kept no longer.

ALTER TABLE recording ADD removed_at timestamptz;
ALTER TABLE recording DROP CONSTRAINT recording_state_check,
    ADD CONSTRAINT recording_state_check
        CHECK (state IN ('asked', 'running', 'kept', 'absent', 'refused', 'removed'));
CREATE INDEX recording_there ON recording (asked_at) WHERE state IN ('running', 'kept');

CREATE TRIGGER ledger_recording_removed AFTER UPDATE ON recording
    FOR EACH ROW WHEN (NEW.state = 'removed' AND OLD.state <> 'removed')
    EXECUTE FUNCTION ledger_note('recording_removed');

-- A message's row is rewritten by each receipt, so the reference names the state that its entry is about.
CREATE FUNCTION ledger_note_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_pending (account_id, kind, reference)
    VALUES (NEW.account_id, 'message_reported', NEW.id || ' ' || NEW.state);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_written AFTER INSERT ON message
    FOR EACH ROW EXECUTE FUNCTION ledger_note('message_written');
CREATE TRIGGER ledger_reported AFTER UPDATE ON message
    FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION ledger_note_receipt();
INSERT INTO ledger_pending (account_id, kind, reference)
SELECT account_id, 'message_written', id FROM message ORDER BY made_at;

ALTER FUNCTION ledger_says(text, uuid, text) RENAME TO ledger_says_before_messages;
CREATE FUNCTION ledger_says(of_kind text, of_account uuid, of_reference text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET timezone = 'UTC' AS $$
BEGIN
    CASE of_kind
    WHEN 'message_written' THEN
        RETURN (
            SELECT jsonb_build_object('lead_id', m.lead_id, 'at', m.made_at,
                'facts', jsonb_build_object(
                    'attempt_id', m.attempt_id, 'message_id', m.id, 'channel', m.channel, 'sender', m.sender,
                    'made_at', m.made_at, 'campaign', c.name, 'campaign_version', c.version,
                    'seller', c.settings ->> 'seller'),
                'personal', jsonb_build_object('message', jsonb_build_object(
                    'receiver', m.receiver, 'subject', m.subject, 'body', m.body)))
              FROM message m JOIN attempt a ON a.id = m.attempt_id JOIN campaign c ON c.id = a.campaign_id
             WHERE m.id = CAST(of_reference AS uuid) AND m.account_id = of_account);
    WHEN 'message_reported' THEN
        RETURN (
            SELECT jsonb_build_object('lead_id', m.lead_id, 'at', coalesce(m.ended_at, m.sent_at, m.made_at),
                'facts', jsonb_build_object(
                        'attempt_id', m.attempt_id, 'message_id', m.id, 'state', split_part(of_reference, ' ', 2))
                    || CASE WHEN split_part(of_reference, ' ', 2) = 'unknown' THEN '{}' ELSE jsonb_build_object(
                        'provider_message_id', m.provider_message_id, 'sent_at', m.sent_at) END
                    || CASE WHEN split_part(of_reference, ' ', 2) IN ('undelivered', 'failed') THEN jsonb_build_object(
                        'provider_code', m.provider_code) ELSE '{}' END)
              FROM message m
             WHERE m.id = CAST(split_part(of_reference, ' ', 1) AS uuid) AND m.account_id = of_account);
    WHEN 'recording_removed' THEN
        RETURN (
            SELECT jsonb_build_object('lead_id', a.lead_id, 'at', r.removed_at,
                'facts', jsonb_build_object(
                    'attempt_id', a.id, 'carrier_recording_id', r.carrier_recording_id, 'removed_at', r.removed_at))
              FROM recording r JOIN attempt a ON a.id = r.attempt_id
             WHERE r.id = CAST(of_reference AS uuid) AND r.account_id = of_account);
    ELSE
        RETURN ledger_says_before_messages(of_kind, of_account, of_reference);
    END CASE;
END
$$;
