-- Texts and mails that are sent: one row each, written before whoever carries it hears of it.

CREATE TABLE message (
    id                   uuid PRIMARY KEY,
    account_id           uuid NOT NULL,
    lead_id              uuid NOT NULL,
    attempt_id           uuid NOT NULL,
    channel              text NOT NULL CHECK (channel IN ('sms', 'email')),
    sender               text NOT NULL,
    receiver             text NOT NULL,
    subject              text,
    body                 text NOT NULL,
    encoding             text CHECK (encoding IN ('gsm-7', 'ucs-2')),
    segments             integer,
    state                text NOT NULL CHECK (state IN
        ('sending', 'unknown', 'sent', 'undelivered', 'failed', 'delivered', 'read')),
    provider_message_id  text,
    provider_code        text,
    made_at              timestamptz NOT NULL,
    sent_at              timestamptz,
    ended_at             timestamptz,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id)
);
COMMENT ON COLUMN message.segments IS 'texts: how many the carrier charges';
CREATE UNIQUE INDEX message_at_provider ON message (provider_message_id) WHERE provider_message_id IS NOT NULL;
CREATE INDEX message_of_lead ON message (lead_id, made_at);
CREATE INDEX message_of_attempt ON message (attempt_id);

ALTER TABLE attempt ADD COLUMN words text;
COMMENT ON COLUMN attempt.words IS 'what is to be written, where no step of a cadence says it';
