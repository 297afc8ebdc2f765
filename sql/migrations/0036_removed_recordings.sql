-- Recordings that are kept no longer: removed at the carrier, with the row and the ledger saying so.

ALTER TABLE recording ADD removed_at timestamptz;
ALTER TABLE recording DROP CONSTRAINT recording_state_check,
    ADD CONSTRAINT recording_state_check
        CHECK (state IN ('asked', 'running', 'kept', 'absent', 'refused', 'removed'));
CREATE INDEX recording_there ON recording (asked_at) WHERE state IN ('running', 'kept');

CREATE TRIGGER ledger_recording_removed AFTER UPDATE ON recording
    FOR EACH ROW WHEN (NEW.state = 'removed' AND OLD.state <> 'removed')
    EXECUTE FUNCTION ledger_note('recording_removed');

ALTER FUNCTION ledger_says(text, uuid, text) RENAME TO ledger_says_before_removals;
CREATE FUNCTION ledger_says(of_kind text, of_account uuid, of_reference text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET timezone = 'UTC' AS $$
BEGIN
    IF of_kind <> 'recording_removed' THEN
        RETURN ledger_says_before_removals(of_kind, of_account, of_reference);
    END IF;
    RETURN (
        SELECT jsonb_build_object('lead_id', a.lead_id, 'at', r.removed_at,
            'facts', jsonb_build_object(
                'attempt_id', a.id, 'carrier_recording_id', r.carrier_recording_id, 'removed_at', r.removed_at))
          FROM recording r JOIN attempt a ON a.id = r.attempt_id
         WHERE r.id = CAST(of_reference AS uuid) AND r.account_id = of_account);
END
$$;
