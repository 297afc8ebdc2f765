-- Outcomes: what became of a lead after the call, bad leads that are claimed back, and postbacks to their vendors.

CREATE TABLE outcome (
    id               uuid PRIMARY KEY,
    account_id       uuid NOT NULL,
    lead_id          uuid NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('appointment', 'quote', 'sale', 'return')),
    value            numeric(14, 4),
    reason           text CHECK (reason IN
        ('disconnected', 'wrong_person', 'did_not_request', 'fraud', 'outside_criteria', 'duplicate')),
    note             text,
    occurred_at      timestamptz NOT NULL,
    reported_at      timestamptz NOT NULL,
    reported_by      text NOT NULL,
    not_claimed      text,
    idempotency_key  text,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id)
);
COMMENT ON COLUMN outcome.reported_by IS 'the email of who was signed in, or api';
COMMENT ON COLUMN outcome.not_claimed IS 'why a return led to no claim, in words';
CREATE INDEX outcome_of_lead ON outcome (lead_id, reported_at);
CREATE UNIQUE INDEX outcome_idempotency_key ON outcome (lead_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- A bad lead that its vendor is to take back. What happened to it stands in `event`.
CREATE TABLE return_claim (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    source_id    uuid NOT NULL,
    lead_id      uuid NOT NULL,
    state        text NOT NULL CHECK (state IN
        ('prepared', 'sent', 'credited', 'rejected', 'expired', 'withdrawn')),
    reason       text NOT NULL CHECK (reason IN
        ('disconnected', 'wrong_person', 'did_not_request', 'fraud', 'outside_criteria', 'duplicate')),
    suspected    boolean NOT NULL,
    evidence     jsonb NOT NULL,
    amount       numeric(14, 4),
    note         text,
    prepared_at  timestamptz NOT NULL,
    deadline     timestamptz NOT NULL,
    sent_at      timestamptz,
    decided_at   timestamptz,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);
-- One claim of a lead; a flag that was withdrawn is over, and another may come.
CREATE UNIQUE INDEX return_claim_of_lead ON return_claim (lead_id) WHERE state <> 'withdrawn';
CREATE INDEX return_claim_withdrawn ON return_claim (lead_id) WHERE state = 'withdrawn';
COMMENT ON COLUMN return_claim.suspected IS 'by what the carrier said only; nobody has confirmed it';
COMMENT ON COLUMN return_claim.evidence IS 'what speaks for it, oldest first: calls, and what was reported';
COMMENT ON COLUMN return_claim.amount IS 'what the vendor owes; null: the price of the lead is not known';
COMMENT ON COLUMN return_claim.deadline IS 'the first moment at which it is too late to send';
CREATE INDEX return_claim_of_account ON return_claim (account_id, id DESC);
CREATE INDEX return_claim_of_source ON return_claim (source_id, state);
CREATE INDEX return_claim_prepared ON return_claim (deadline) WHERE state = 'prepared';
CREATE INDEX return_claim_sent ON return_claim (sent_at) WHERE state = 'sent';

-- A postback is a webhook of one source: it is told of that source's leads only, in the vendor's own words.
ALTER TABLE webhook
    ADD COLUMN source_id uuid,
    ADD COLUMN request   jsonb,
    ALTER COLUMN secret DROP NOT NULL,
    ADD FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id);
COMMENT ON COLUMN webhook.source_id IS 'the source that this is a postback of; null: told of the whole account';
COMMENT ON COLUMN webhook.request IS 'how a postback is asked for: method, content type, and a template of the body';
COMMENT ON COLUMN webhook.url IS 'of a postback: a template';
COMMENT ON COLUMN webhook.secret IS 'null: a postback that is not signed';
