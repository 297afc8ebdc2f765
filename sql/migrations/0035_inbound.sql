-- Calls that come in. Each is an attempt of its lead, in the other direction: legs, callbacks, agents and recordings
-- are the same for both. What is only the caller's stands in inbound_call.

ALTER TABLE attempt
    ADD direction text NOT NULL DEFAULT 'outbound' CHECK (direction IN ('outbound', 'inbound')),
    ADD gave_way_at timestamptz,
    ADD calls_back uuid,
    ADD planned_for timestamptz,
    ADD FOREIGN KEY (account_id, calls_back) REFERENCES attempt (account_id, id),
    DROP CONSTRAINT attempt_origin_check,
    ADD CONSTRAINT attempt_origin_check CHECK (origin IN ('cadence', 'callback', 'reply', 'inbound'));
COMMENT ON COLUMN attempt.origin IS 'who planned it: the cadence, an agent''s callback or a missed call, a reply to the person; or nobody, the person called';
COMMENT ON COLUMN attempt.number IS 'counted in each direction by itself';
COMMENT ON COLUMN attempt.gave_way_at IS 'since when it ends because the person was calling us';
COMMENT ON COLUMN attempt.calls_back IS 'the missed call that it gives back';
COMMENT ON COLUMN attempt.planned_for IS 'when it was due before it was brought forward for that';

-- A lead's attempts are counted by direction, so that a call that comes in takes no number of the cadence's.
ALTER TABLE attempt DROP CONSTRAINT attempt_lead_id_number_key, ADD UNIQUE (lead_id, number, direction);

-- A person may call again before we heard that the last call ended; we never dial twice.
DROP INDEX attempt_live;
CREATE UNIQUE INDEX attempt_live ON attempt (lead_id)
    WHERE direction = 'outbound'
      AND (state IN ('claimed', 'dialing', 'sending', 'unknown') OR (state = 'connected' AND ended_at IS NULL));
CREATE INDEX attempt_calls_back ON attempt (calls_back) WHERE calls_back IS NOT NULL;

CREATE INDEX phone_number_called ON phone_number (phone) WHERE NOT removed;
ALTER TABLE phone_number ADD tracking boolean NOT NULL DEFAULT false, ADD campaign_id uuid,
    ADD FOREIGN KEY (account_id, campaign_id) REFERENCES campaign (account_id, id);
COMMENT ON COLUMN phone_number.campaign_id IS 'whose calls come in here; null: not said';
COMMENT ON COLUMN phone_number.tracking IS 'a source''s own number: nobody is called from it, or calls back would count for that source';
ALTER TABLE source ADD built_in boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN source.built_in IS 'made by the service, for callers whom no other source brought; not in the file';
ALTER TABLE consent ADD origin text;
COMMENT ON COLUMN consent.origin IS 'where it is from, if it was not given with a post';

-- One row for each of the carrier's calls, made in the transaction that answers its first fetch: whoever fetches the
-- same call again is told what this row says.
CREATE TABLE inbound_call (
    id               uuid PRIMARY KEY,
    account_id       uuid NOT NULL REFERENCES account,
    carrier_call_id  text NOT NULL UNIQUE,
    source_id        uuid NOT NULL,
    lead_id          uuid NOT NULL,
    attempt_id       uuid NOT NULL UNIQUE,
    leg_id           uuid NOT NULL,
    from_phone       text,
    to_phone         text NOT NULL,
    received_at      timestamptz NOT NULL,
    made_lead        boolean NOT NULL,
    stage            text NOT NULL CHECK (stage IN ('asking', 'waiting', 'with_agent', 'message', 'over')),
    progress         jsonb NOT NULL DEFAULT '{}',
    agent_group      text NOT NULL,
    route            integer,
    region           text,
    postal_code      text,
    queued_at        timestamptz,
    message_at       timestamptz,
    message_left_at  timestamptz,
    seen_at          timestamptz,
    seen_by          text,
    ended_at         timestamptz,
    outcome          text CHECK (outcome IN ('talk', 'missed', 'voicemail', 'turned_away')),
    billable         boolean,
    conditions       jsonb,
    price            numeric(12, 4),
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id),
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id),
    FOREIGN KEY (account_id, leg_id) REFERENCES leg (account_id, id)
);
COMMENT ON COLUMN inbound_call.from_phone IS 'null: withheld';
COMMENT ON COLUMN inbound_call.progress IS 'how far the caller is in the menu, with the answers';
COMMENT ON COLUMN inbound_call.queued_at IS 'since when an agent is looked for';
COMMENT ON COLUMN inbound_call.message_at IS 'when the caller was asked for a message; message_left_at: when one was left';
COMMENT ON COLUMN inbound_call.seen_at IS 'when somebody took care of the message';
COMMENT ON COLUMN inbound_call.billable IS 'null: the call is not over, or is none of a tracking number';
-- Who is on the line is not dialled: these are few, whatever the table holds.
CREATE INDEX inbound_call_live ON inbound_call (from_phone, account_id) WHERE ended_at IS NULL;
CREATE INDEX inbound_call_waiting ON inbound_call (queued_at) WHERE stage = 'waiting';
CREATE INDEX inbound_call_of_source ON inbound_call (source_id, received_at DESC);
CREATE INDEX inbound_call_of_lead ON inbound_call (lead_id, received_at);
CREATE INDEX inbound_call_by_time ON inbound_call (received_at DESC, account_id);
CREATE INDEX inbound_call_messages ON inbound_call (message_left_at, account_id)
    WHERE message_left_at IS NOT NULL AND seen_at IS NULL;

CREATE TRIGGER ledger_called AFTER INSERT ON inbound_call
    FOR EACH ROW EXECUTE FUNCTION ledger_note('call_received');
CREATE TRIGGER ledger_judged AFTER UPDATE ON inbound_call
    FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL) EXECUTE FUNCTION ledger_note('call_judged');

-- What the ledger says of calls that came in; of all else, what it said before.
ALTER FUNCTION ledger_says(text, uuid, text) RENAME TO ledger_says_before_inbound;
CREATE FUNCTION ledger_says(of_kind text, of_account uuid, of_reference text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET timezone = 'UTC' AS $$
DECLARE
    said jsonb;
BEGIN
    IF of_kind = 'call_received' THEN
        SELECT jsonb_build_object('lead_id', i.lead_id, 'at', i.received_at,
            'facts', jsonb_build_object(
                'attempt_id', i.attempt_id, 'source', s.name, 'called', i.to_phone, 'received_at', i.received_at,
                'carrier_call_id', i.carrier_call_id, 'made_lead', i.made_lead),
            'personal', jsonb_build_object('call', jsonb_build_object('from', i.from_phone)))
          INTO said
          FROM inbound_call i JOIN source s ON s.id = i.source_id
         WHERE i.id = CAST(of_reference AS uuid) AND i.account_id = of_account;
    ELSIF of_kind = 'call_judged' THEN
        SELECT jsonb_build_object('lead_id', i.lead_id, 'at', i.ended_at,
            'facts', jsonb_build_object(
                'attempt_id', i.attempt_id, 'source', s.name, 'ended_at', i.ended_at, 'outcome', i.outcome,
                'billable', i.billable, 'conditions', i.conditions, 'price', CAST(i.price AS text)))
          INTO said
          FROM inbound_call i JOIN source s ON s.id = i.source_id
         WHERE i.id = CAST(of_reference AS uuid) AND i.account_id = of_account;
    ELSE
        said := ledger_says_before_inbound(of_kind, of_account, of_reference);
        IF of_kind IN ('leg_placed', 'attempt_ended') AND EXISTS (
            SELECT FROM attempt WHERE id = CAST(said #>> '{facts,attempt_id}' AS uuid) AND direction = 'inbound') THEN
            said := jsonb_set(said, '{facts,direction}', '"inbound"');
        END IF;
    END IF;
    RETURN said;
END
$$;
