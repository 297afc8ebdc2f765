-- What people write to us, and what lists that forbid need besides their numbers.

ALTER TABLE suppression ADD removed_reason text, ADD UNIQUE (account_id, id);

-- Texts as they came: one row for each of the carrier's message ids, in every account whose number it was sent to.
CREATE TABLE inbound_text (
    id                  uuid PRIMARY KEY,
    account_id          uuid NOT NULL REFERENCES account,
    carrier_message_id  text NOT NULL,
    from_phone          text NOT NULL,
    to_phone            text NOT NULL,
    body                text NOT NULL,
    media               text[] NOT NULL DEFAULT '{}',
    received_at         timestamptz NOT NULL,
    lead_id             uuid,
    kind                text NOT NULL CHECK (kind IN ('opt_out', 'wrong_number', 'opt_in', 'help', 'none')),
    certain             boolean NOT NULL,
    matched             text,
    scope               text NOT NULL CHECK (scope IN ('all', 'calls', 'texts')),
    suppression_id      uuid,
    answer              text,
    seen_at             timestamptz,
    seen_by             text,
    UNIQUE (carrier_message_id, account_id),
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, suppression_id) REFERENCES suppression (account_id, id)
);
COMMENT ON COLUMN inbound_text.matched IS 'the rule by which it was read so';
COMMENT ON COLUMN inbound_text.answer IS 'what it was answered with, once';
CREATE INDEX inbound_text_of_person ON inbound_text (account_id, from_phone, received_at);
CREATE INDEX inbound_text_unseen ON inbound_text (account_id, received_at) WHERE kind = 'none' AND seen_at IS NULL;
CREATE INDEX inbound_text_of_lead ON inbound_text (lead_id) WHERE lead_id IS NOT NULL;

CREATE INDEX suppression_newest ON suppression (account_id, created_at) WHERE removed_at IS NULL;

-- A version of a list is written beside the present one, and takes its place only when it is whole.
ALTER TABLE do_not_call_list
    ADD unreadable bigint NOT NULL DEFAULT 0,
    ADD emptied boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN do_not_call_list.emptied IS 'it is no longer current, and its numbers were removed; the row stays';

-- What was said of a list on a day, so that it is said once.
CREATE TABLE do_not_call_alert (
    account_id  uuid NOT NULL REFERENCES account,
    name        text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('stale', 'ageing')),
    day         date NOT NULL,
    PRIMARY KEY (account_id, name, kind, day)
);
