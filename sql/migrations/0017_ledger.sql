-- The evidence ledger: everything that proves why and how a person was contacted, in one chain an account.
--
-- What happens leaves a tiny row in ledger_pending in its own transaction, by trigger, so that nobody can forget it.
-- The chainer turns those rows into ledger entries a moment later; no dial waits for a chain. An entry is never
-- changed or removed. What it says in personal data stands beside it, in ledger_personal, from where it can be erased:
-- the digest of it stays, so the chain still verifies. The byte layout is in speedtolead/domain/ledger.py.

-- No reference is checked here, and the one index is the queue's order: it is written many times for each lead.
CREATE TABLE ledger_pending (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    account_id  uuid NOT NULL,
    kind        text NOT NULL,
    reference   text NOT NULL,
    PRIMARY KEY (account_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, fillfactor = 100);

CREATE TABLE ledger (
    account_id       uuid NOT NULL REFERENCES account,
    seq              bigint NOT NULL,
    pending_id       bigint NOT NULL,
    kind             text NOT NULL,
    lead_id          uuid,
    reference        text NOT NULL,
    at               timestamptz NOT NULL,
    chained_at       timestamptz NOT NULL,
    salt             bytea NOT NULL,
    facts            text NOT NULL,
    personal_digest  bytea,
    digest           bytea NOT NULL,
    hash             bytea NOT NULL,
    PRIMARY KEY (account_id, seq),
    UNIQUE (account_id, pending_id)
);
CREATE INDEX ledger_of_lead ON ledger (lead_id, seq) WHERE lead_id IS NOT NULL;
CREATE INDEX ledger_of_reference ON ledger (reference, kind);
COMMENT ON COLUMN ledger.seq IS '1, 2, 3, … in each account, without a gap';
COMMENT ON COLUMN ledger.pending_id IS 'what it was made from: nothing is chained twice';
COMMENT ON COLUMN ledger.at IS 'when it happened; chained_at: when it was chained';
COMMENT ON COLUMN ledger.facts IS 'canonical JSON, without personal data';
COMMENT ON COLUMN ledger.personal_digest IS 'null: there is no personal data to it';

-- Personal data of entries, until it is erased or its time is over.
CREATE TABLE ledger_personal (
    account_id  uuid NOT NULL,
    seq         bigint NOT NULL,
    salt        bytea NOT NULL,
    body        text NOT NULL,
    PRIMARY KEY (account_id, seq)
);

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'STL02';
END
$$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER ledger_personal_unchanged BEFORE UPDATE OR TRUNCATE ON ledger_personal
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER permit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON permit
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER consent_change_append_only BEFORE DELETE OR TRUNCATE ON consent_change
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Nothing of a held lead is erased, neither on request nor when its time is over.
CREATE TABLE legal_hold (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    lead_id     uuid NOT NULL,
    reason      text NOT NULL,
    placed_at   timestamptz NOT NULL,
    placed_by   text NOT NULL,
    lifted_at   timestamptz,
    lifted_by   text,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id)
);
CREATE UNIQUE INDEX legal_hold_standing ON legal_hold (lead_id) WHERE lifted_at IS NULL;

-- One a lead. `keys` are the number and address whose count of contacts outlives the lead for a day.
CREATE TABLE erasure (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    lead_id     uuid NOT NULL UNIQUE,
    at          timestamptz NOT NULL,
    ordered_by  text NOT NULL,
    reason      text NOT NULL,
    keys        text[] NOT NULL,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id)
);
CREATE INDEX erasure_keys_kept ON erasure (at) WHERE keys <> '{}';

ALTER TABLE account ADD retention jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN account.retention IS 'days by kind, as the configuration file says them; left out: the default';
ALTER TABLE lead ADD kept smallint NOT NULL DEFAULT 2 CHECK (kept BETWEEN 0 AND 2);
COMMENT ON COLUMN lead.kept IS '2: all of it; 1: no raw body any more; 0: nothing personal any more';
CREATE INDEX lead_kept ON lead (kept, account_id, received_at) WHERE kept > 0;

CREATE FUNCTION ledger_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_pending (account_id, kind, reference) VALUES (NEW.account_id, TG_ARGV[0], NEW.id);
    RETURN NULL;
END
$$;
CREATE FUNCTION ledger_note_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_pending (account_id, kind, reference) SELECT id, TG_ARGV[0], NEW.version FROM account;
    RETURN NULL;
END
$$;

CREATE TRIGGER ledger_received AFTER INSERT ON lead
    FOR EACH ROW EXECUTE FUNCTION ledger_note('lead_received');
CREATE TRIGGER ledger_touched AFTER INSERT ON lead_touch
    FOR EACH ROW EXECUTE FUNCTION ledger_note('lead_touched');
CREATE TRIGGER ledger_consent AFTER INSERT ON consent_change
    FOR EACH ROW EXECUTE FUNCTION ledger_note('consent_changed');
CREATE TRIGGER ledger_permit AFTER INSERT ON permit
    FOR EACH ROW EXECUTE FUNCTION ledger_note('permit_decided');
CREATE TRIGGER ledger_placed AFTER INSERT ON leg
    FOR EACH ROW EXECUTE FUNCTION ledger_note('leg_placed');
CREATE TRIGGER ledger_leg_ended AFTER UPDATE ON leg
    FOR EACH ROW WHEN (NEW.state = 'ended' AND OLD.state <> 'ended') EXECUTE FUNCTION ledger_note('leg_ended');
CREATE TRIGGER ledger_attempt_ended AFTER UPDATE ON attempt
    FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL)
    EXECUTE FUNCTION ledger_note('attempt_ended');
CREATE TRIGGER ledger_callback AFTER INSERT ON carrier_callback
    FOR EACH ROW EXECUTE FUNCTION ledger_note('callback_received');
CREATE TRIGGER ledger_suppressed AFTER INSERT ON suppression
    FOR EACH ROW EXECUTE FUNCTION ledger_note('suppression_added');
CREATE TRIGGER ledger_unsuppressed AFTER UPDATE ON suppression
    FOR EACH ROW WHEN (NEW.removed_at IS NOT NULL AND OLD.removed_at IS NULL)
    EXECUTE FUNCTION ledger_note('suppression_removed');
CREATE TRIGGER ledger_reviewed AFTER UPDATE ON suppression
    FOR EACH ROW WHEN (NEW.reviewed_at IS NOT NULL AND OLD.reviewed_at IS NULL)
    EXECUTE FUNCTION ledger_note('suppression_reviewed');
CREATE TRIGGER ledger_outcome AFTER INSERT ON outcome
    FOR EACH ROW EXECUTE FUNCTION ledger_note('outcome_reported');
CREATE TRIGGER ledger_list AFTER INSERT ON do_not_call_list
    FOR EACH ROW EXECUTE FUNCTION ledger_note('list_imported');
CREATE TRIGGER ledger_text AFTER INSERT ON inbound_text
    FOR EACH ROW EXECUTE FUNCTION ledger_note('text_received');
CREATE TRIGGER ledger_announced AFTER UPDATE ON attempt
    FOR EACH ROW WHEN (NEW.announced_at IS NOT NULL AND OLD.announced_at IS NULL)
    EXECUTE FUNCTION ledger_note('recording_announced');
CREATE TRIGGER ledger_notice AFTER UPDATE ON attempt
    FOR EACH ROW WHEN (NEW.notice_at IS NOT NULL AND OLD.notice_at IS NULL)
    EXECUTE FUNCTION ledger_note('notice_given');
CREATE TRIGGER ledger_recording AFTER INSERT ON recording
    FOR EACH ROW EXECUTE FUNCTION ledger_note('recording_asked');
CREATE TRIGGER ledger_recorded AFTER UPDATE ON recording
    FOR EACH ROW WHEN (NEW.state = 'kept' AND OLD.state <> 'kept') EXECUTE FUNCTION ledger_note('recording_kept');
CREATE TRIGGER ledger_held AFTER INSERT ON legal_hold
    FOR EACH ROW EXECUTE FUNCTION ledger_note('hold_placed');
CREATE TRIGGER ledger_hold_lifted AFTER UPDATE ON legal_hold
    FOR EACH ROW WHEN (NEW.lifted_at IS NOT NULL AND OLD.lifted_at IS NULL)
    EXECUTE FUNCTION ledger_note('hold_lifted');
CREATE TRIGGER ledger_erased AFTER INSERT ON erasure
    FOR EACH ROW EXECUTE FUNCTION ledger_note('lead_erased');
CREATE TRIGGER ledger_rules AFTER INSERT ON rule_set
    FOR EACH ROW EXECUTE FUNCTION ledger_note_rules('rules_loaded');
CREATE TRIGGER ledger_rules_withdrawn AFTER UPDATE ON rule_set
    FOR EACH ROW WHEN (NEW.withdrawn_at IS NOT NULL AND OLD.withdrawn_at IS NULL)
    EXECUTE FUNCTION ledger_note_rules('rules_withdrawn');

-- What the rows say of one thing that happened: {lead_id, at, facts, personal}; null where there is no such row. One
-- place for the chainer, which keeps it, and for the check of the account, which compares it. Columns that are
-- rewritten in the course of a lead are left out, or belong to the kind that tells of the change.
CREATE FUNCTION ledger_says(of_kind text, of_account uuid, of_reference text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET timezone = 'UTC' AS $$
DECLARE
    said jsonb;
BEGIN
    CASE of_kind
    WHEN 'lead_received' THEN
        SELECT jsonb_build_object('lead_id', l.id, 'at', l.received_at,
            'facts', jsonb_build_object(
                'source', s.name, 'campaign', c.name, 'seller', c.settings ->> 'seller', 'received_at', l.received_at,
                'submitted_at', l.submitted_at, 'via', l.via, 'refusal', l.refusal, 'answer_status', l.answer_status,
                'cost', CAST(l.cost AS text), 'test', l.test, 'candidates', l.candidates, 'score', l.score),
            'personal', jsonb_build_object(
                'lead', jsonb_build_object(
                    'phone', l.phone, 'email', l.email, 'first_name', l.first_name, 'last_name', l.last_name,
                    'address', l.address, 'city', l.city, 'state', l.region, 'postal_code', l.postal_code,
                    'country', l.country, 'attributes', l.attributes, 'external_id', l.external_id,
                    'raw_type', l.raw_type, 'raw_sha256', encode(l.raw_sha256, 'hex'),
                    'findings', findings_in_full(l.findings, f.entries, NULL)),
                'consent', (SELECT jsonb_build_object(
                    'channels', k.channels, 'wording', k.wording, 'seller', k.seller, 'captured_at', k.captured_at,
                    'url', k.url, 'ip', k.ip, 'user_agent', k.user_agent,
                    'trustedform_cert_url', k.trustedform_cert_url, 'leadid_token', k.leadid_token,
                    'certificate', k.certificate, 'recorded_at', k.recorded_at)
                    FROM consent k WHERE k.lead_id = l.id)))
          INTO said
          FROM lead l JOIN source s ON s.id = l.source_id JOIN campaign c ON c.id = l.campaign_id
          LEFT JOIN finding_shape f ON f.digest = l.finding_shape AND f.account_id = l.account_id
         WHERE l.id = CAST(of_reference AS uuid) AND l.account_id = of_account;
    WHEN 'lead_touched' THEN
        SELECT jsonb_build_object('lead_id', t.lead_id, 'at', t.received_at,
            'facts', jsonb_build_object('source', s.name, 'received_at', t.received_at, 'answer_status', t.answer_status),
            'personal', jsonb_build_object('touch', jsonb_build_object(
                'consent', t.consent, 'external_id', t.external_id, 'raw_type', t.raw_type,
                'raw_sha256', encode(t.raw_sha256, 'hex'))))
          INTO said
          FROM lead_touch t JOIN source s ON s.id = t.source_id
         WHERE t.id = CAST(of_reference AS uuid) AND t.account_id = of_account;
    WHEN 'consent_changed' THEN
        SELECT jsonb_build_object('lead_id', x.lead_id, 'at', x.at,
            'facts', jsonb_build_object('change', x.kind, 'channels', x.channels, 'origin', x.origin),
            'personal', CASE WHEN x.words IS NOT NULL THEN jsonb_build_object('change', jsonb_build_object('words', x.words)) END)
          INTO said
          FROM consent_change x WHERE x.id = CAST(of_reference AS bigint) AND x.account_id = of_account;
    WHEN 'permit_decided' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id, 'at', p.decided_at,
            'facts', jsonb_build_object(
                'attempt_id', a.id, 'number', a.number, 'channel', a.channel, 'decided_at', p.decided_at,
                'decision', p.decision, 'not_before', p.not_before, 'rule_set', p.rule_set, 'rules', p.rules))
          INTO said
          FROM permit p JOIN attempt a ON a.id = p.attempt_id
         WHERE p.id = CAST(of_reference AS uuid) AND p.account_id = of_account;
    WHEN 'leg_placed' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id, 'at', g.placed_at,
            'facts', jsonb_build_object(
                'attempt_id', a.id, 'leg', g.kind, 'caller_id', g.caller_id, 'placed_at', g.placed_at,
                'agent', n.name, 'campaign', c.name, 'campaign_version', c.version, 'seller', c.settings ->> 'seller'),
            'personal', CASE WHEN g.kind = 'lead' THEN jsonb_build_object('leg', jsonb_build_object('called', g.address)) END)
          INTO said
          FROM leg g JOIN attempt a ON a.id = g.attempt_id JOIN campaign c ON c.id = a.campaign_id
          LEFT JOIN agent n ON n.id = g.agent_id
         WHERE g.id = CAST(of_reference AS uuid) AND g.account_id = of_account;
    WHEN 'leg_ended' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id, 'at', g.ended_at,
            'facts', jsonb_build_object(
                'attempt_id', a.id, 'leg', g.kind, 'carrier_call_id', g.carrier_call_id, 'ringing_at', g.ringing_at,
                'live_at', g.live_at, 'accepted_at', g.accepted_at, 'ended_at', g.ended_at, 'ended_as', g.ended_as,
                'answered_by', g.answered_by, 'carrier_code', g.carrier_code, 'seconds', g.seconds,
                'ring_seconds', CAST(extract(epoch FROM coalesce(g.live_at, g.ended_at) - g.ringing_at) AS text)))
          INTO said
          FROM leg g JOIN attempt a ON a.id = g.attempt_id
         WHERE g.id = CAST(of_reference AS uuid) AND g.account_id = of_account;
    WHEN 'attempt_ended' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id, 'at', a.ended_at,
            'facts', jsonb_build_object(
                'attempt_id', a.id, 'number', a.number, 'channel', a.channel, 'state', a.state, 'mode', a.mode,
                'caller_id', a.caller_id, 'agent', n.name, 'requested_at', a.requested_at,
                'ringing_at', a.ringing_at, 'answered_at', a.answered_at, 'bridged_at', a.bridged_at,
                'ended_at', a.ended_at, 'contact', a.contact, 'talk_seconds', CAST(a.talk_seconds AS text),
                'agent_delay_seconds', CAST(extract(epoch FROM a.bridged_at - a.answered_at) AS text),
                'note', a.note))
          INTO said
          FROM attempt a LEFT JOIN agent n ON n.id = a.agent_id
         WHERE a.id = CAST(of_reference AS uuid) AND a.account_id = of_account;
    WHEN 'callback_received' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id, 'at', b.received_at,
            'facts', jsonb_build_object('attempt_id', a.id, 'callback', b.kind, 'received_at', b.received_at),
            'personal', jsonb_build_object('callback', jsonb_build_object('fields', b.fields)))
          INTO said
          FROM carrier_callback b JOIN attempt a ON a.id = b.attempt_id
         WHERE b.id = CAST(of_reference AS bigint) AND b.account_id = of_account;
    WHEN 'text_received' THEN
        SELECT jsonb_build_object('lead_id', t.lead_id, 'at', t.received_at,
            'facts', jsonb_build_object(
                'carrier_message_id', t.carrier_message_id, 'received_at', t.received_at, 'read_as', t.kind,
                'certain', t.certain, 'matched', t.matched, 'scope', t.scope, 'answer', t.answer),
            'personal', jsonb_build_object('text', jsonb_build_object(
                'from', t.from_phone, 'to', t.to_phone, 'body', t.body, 'media', t.media)))
          INTO said
          FROM inbound_text t WHERE t.id = CAST(of_reference AS uuid) AND t.account_id = of_account;
    WHEN 'recording_announced', 'notice_given' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id,
            'at', CASE of_kind WHEN 'recording_announced' THEN a.announced_at ELSE a.notice_at END,
            'facts', jsonb_build_object('attempt_id', a.id, 'number', a.number))
          INTO said
          FROM attempt a WHERE a.id = CAST(of_reference AS uuid) AND a.account_id = of_account;
    WHEN 'recording_asked' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id, 'at', r.asked_at,
            'facts', jsonb_build_object('attempt_id', a.id, 'asked_at', r.asked_at, 'announcement', r.announcement))
          INTO said
          FROM recording r JOIN attempt a ON a.id = r.attempt_id
         WHERE r.id = CAST(of_reference AS uuid) AND r.account_id = of_account;
    WHEN 'recording_kept' THEN
        SELECT jsonb_build_object('lead_id', a.lead_id, 'at', coalesce(r.started_at, r.asked_at),
            'facts', jsonb_build_object(
                'attempt_id', a.id, 'carrier_recording_id', r.carrier_recording_id, 'started_at', r.started_at,
                'seconds', r.seconds))
          INTO said
          FROM recording r JOIN attempt a ON a.id = r.attempt_id
         WHERE r.id = CAST(of_reference AS uuid) AND r.account_id = of_account;
    WHEN 'suppression_added', 'suppression_removed', 'suppression_reviewed' THEN
        SELECT jsonb_build_object('lead_id', x.lead_id,
            'at', CASE of_kind WHEN 'suppression_added' THEN x.created_at
                               WHEN 'suppression_removed' THEN x.removed_at ELSE x.reviewed_at END,
            'facts', jsonb_build_object(
                'kind', x.kind, 'campaign', c.name, 'origin', x.origin, 'channels', x.channels,
                'created_at', x.created_at, 'doubtful', x.doubtful)
                || CASE of_kind
                   WHEN 'suppression_removed' THEN jsonb_build_object('removed_at', x.removed_at, 'by', x.removed_by)
                   WHEN 'suppression_reviewed' THEN jsonb_build_object('reviewed_at', x.reviewed_at, 'by', x.reviewed_by)
                   ELSE '{}' END,
            'personal', jsonb_build_object('suppression', jsonb_build_object(
                'value', x.value, 'reason', x.reason, 'words', x.words)))
          INTO said
          FROM suppression x LEFT JOIN campaign c ON c.id = x.campaign_id
         WHERE x.id = CAST(of_reference AS uuid) AND x.account_id = of_account;
    WHEN 'outcome_reported' THEN
        SELECT jsonb_build_object('lead_id', o.lead_id, 'at', o.reported_at,
            'facts', jsonb_build_object(
                'outcome', o.kind, 'value', CAST(o.value AS text), 'reason', o.reason, 'occurred_at', o.occurred_at,
                'reported_at', o.reported_at, 'by', o.reported_by),
            'personal', CASE WHEN o.note IS NOT NULL THEN jsonb_build_object('outcome', jsonb_build_object('note', o.note)) END)
          INTO said
          FROM outcome o WHERE o.id = CAST(of_reference AS uuid) AND o.account_id = of_account;
    WHEN 'list_imported' THEN
        SELECT jsonb_build_object('lead_id', NULL, 'at', d.imported_at,
            'facts', jsonb_build_object('name', d.name, 'version_date', d.version_date, 'sha256', encode(d.sha256, 'hex')))
          INTO said
          FROM do_not_call_list d WHERE d.id = CAST(of_reference AS uuid) AND d.account_id = of_account;
    WHEN 'hold_placed', 'hold_lifted' THEN
        SELECT jsonb_build_object('lead_id', h.lead_id,
            'at', CASE of_kind WHEN 'hold_placed' THEN h.placed_at ELSE h.lifted_at END,
            'facts', CASE of_kind WHEN 'hold_placed' THEN jsonb_build_object('reason', h.reason, 'by', h.placed_by)
                                  ELSE jsonb_build_object('by', h.lifted_by) END)
          INTO said
          FROM legal_hold h WHERE h.id = CAST(of_reference AS uuid) AND h.account_id = of_account;
    WHEN 'lead_erased' THEN
        SELECT jsonb_build_object('lead_id', e.lead_id, 'at', e.at,
            'facts', jsonb_build_object('by', e.ordered_by, 'reason', e.reason))
          INTO said
          FROM erasure e WHERE e.id = CAST(of_reference AS uuid) AND e.account_id = of_account;
    WHEN 'rules_loaded', 'rules_withdrawn' THEN
        SELECT jsonb_build_object('lead_id', NULL,
            'at', CASE of_kind WHEN 'rules_loaded' THEN r.loaded_at ELSE r.withdrawn_at END,
            'facts', jsonb_build_object(
                'version', r.version, 'effective_from', r.effective_from, 'sha256', encode(r.sha256, 'hex')))
          INTO said
          FROM rule_set r WHERE r.version = of_reference;
    ELSE
        said := NULL;
    END CASE;
    RETURN said;
END
$$;
