-- Intake: what was found out about a lead, duplicates by chosen keys, caps by day, month and in all, repeats that
-- refresh a running lead, answers of providers, and posts that left no lead.

ALTER TABLE lead
    ADD COLUMN score       integer,
    ADD COLUMN rank_at     timestamptz,
    ADD COLUMN score_parts jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN findings    jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN via         text NOT NULL DEFAULT 'api';
COMMENT ON COLUMN lead.score IS '1 to 100; null in leads that were refused or came before there were scores';
COMMENT ON COLUMN lead.rank_at IS 'the order in which waiting leads are dialled, the latest first: when a lead of score 100 would have to come to be worth the same';
COMMENT ON COLUMN lead.score_parts IS 'what the score is made up of, as it was when the lead arrived';
COMMENT ON COLUMN lead.findings IS 'every check with its inputs and verdict';
COMMENT ON COLUMN lead.via IS 'how it came: api, import, ping, or the name of a connector';
CREATE INDEX lead_of_source ON lead (source_id, received_at DESC, id DESC);

-- The keys by which duplicates are known, each with the lead that came in last under it: the rows that let exactly one
-- of two twins in. The scope is the id of a source, a campaign or an account. A key is a digest: nothing is told by it.
CREATE TABLE recent_key (
    account_id   uuid NOT NULL REFERENCES account,
    scope_id     uuid NOT NULL,
    key          bytea NOT NULL,
    lead_id      uuid NOT NULL,
    accepted_at  timestamptz NOT NULL,
    PRIMARY KEY (scope_id, key)
);
-- The digest is sha256 of the kind, a colon and the value: the same that the service makes.
INSERT INTO recent_key (account_id, scope_id, key, lead_id, accepted_at)
SELECT account_id, source_id, sha256(convert_to('phone:' || phone, 'UTF8')), lead_id, accepted_at FROM recent_lead;
DROP TABLE recent_lead;

-- What a source has sent and cost in a day, a month (of the account's zone) and in all: the rows that make caps exact.
CREATE TABLE source_period (
    account_id  uuid NOT NULL,
    source_id   uuid NOT NULL,
    period      text NOT NULL,
    accepted    integer NOT NULL,
    spent       numeric(14, 4) NOT NULL,
    cap         integer,
    budget      numeric(14, 4),
    PRIMARY KEY (source_id, period),
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);
COMMENT ON COLUMN source_period.period IS 'day:2026-11-22, month:2026-11, or total';
INSERT INTO source_period (account_id, source_id, period, accepted, spent)
SELECT account_id, source_id, 'day:' || day, accepted, 0 FROM source_day;
DROP TABLE source_day;

-- A post of somebody who is being followed up already: it refreshes the running lead.
CREATE TABLE lead_touch (
    id               uuid PRIMARY KEY,
    account_id       uuid NOT NULL,
    lead_id          uuid NOT NULL,
    source_id        uuid NOT NULL,
    received_at      timestamptz NOT NULL,
    external_id      text,
    idempotency_key  text,
    consent          jsonb NOT NULL,
    raw_type         text NOT NULL,
    raw_body         bytea NOT NULL,
    raw_sha256       bytea NOT NULL,
    answer_status    integer NOT NULL,
    answer           jsonb NOT NULL,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);
CREATE INDEX lead_touch_of_lead ON lead_touch (lead_id, received_at);
CREATE UNIQUE INDEX lead_touch_external_id ON lead_touch (source_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX lead_touch_idempotency_key ON lead_touch (source_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- What providers answered, by what they were asked about; believed for a stated time.
CREATE TABLE provider_answer (
    account_id  uuid NOT NULL REFERENCES account,
    provider    text NOT NULL,
    question    bytea NOT NULL,
    answer      jsonb NOT NULL,
    asked_at    timestamptz NOT NULL,
    PRIMARY KEY (provider, question, account_id)
);
CREATE INDEX provider_answer_age ON provider_answer (asked_at);

-- Posts that could not be read and left no lead: kept for a while, so that who connects a vendor sees what came.
CREATE TABLE source_post (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    uuid NOT NULL,
    source_id     uuid NOT NULL,
    via           text NOT NULL,
    received_at   timestamptz NOT NULL,
    took_ms       double precision NOT NULL,
    status        integer NOT NULL,
    code          text NOT NULL,
    detail        text NOT NULL,
    fields        text[] NOT NULL,
    content_type  text NOT NULL,
    body          bytea NOT NULL,
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);
COMMENT ON COLUMN source_post.body IS 'the first 64 KiB';
CREATE INDEX source_post_of_source ON source_post (source_id, id DESC);
CREATE INDEX source_post_age ON source_post (received_at);

-- Where an address, a device, a mail domain or a phone was seen, for sources that limit how often: a digest and a time.
CREATE TABLE sighting (
    account_id  uuid NOT NULL REFERENCES account,
    mark        bytea NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX sighting_of_mark ON sighting (mark, at);
CREATE INDEX sighting_age ON sighting (at);

ALTER TABLE source ADD COLUMN said jsonb;
COMMENT ON COLUMN source.said IS 'the source as the configuration file or the settings page says it, without its key';

-- Sources as they are kept from now on; what was said of them before says the same.
UPDATE source SET version = version + 1, settings = jsonb_build_object(
    'name', settings -> 'name',
    'exclusive', settings -> 'exclusive',
    'price', CASE WHEN settings ->> 'cost_per_lead' IS NOT NULL THEN
        jsonb_build_object('kind', 'as_posted', 'maximum', NULL, 'otherwise', settings -> 'cost_per_lead') END,
    'duplicates', CASE WHEN settings ->> 'duplicate_window' IS NOT NULL THEN
        jsonb_build_object('window', settings -> 'duplicate_window', 'keys', '["phone"]'::jsonb, 'scope', 'source',
                           'on_repeat', 'refuse') END,
    'caps', jsonb_build_object('daily', settings -> 'daily_cap', 'monthly', NULL, 'total', NULL, 'daily_budget', NULL,
                               'monthly_budget', NULL, 'total_budget', NULL),
    'accept', jsonb_build_object(
        'criteria', CASE WHEN settings #>> '{accept,states}' IS NOT NULL
                         THEN jsonb_build_object('states', settings #> '{accept,states}') ELSE '{}'::jsonb END,
        'channels', settings #> '{accept,channels}',
        'certificate_required', settings #> '{accept,certificate_required}',
        'certificate_max_age', NULL, 'certificate_pages', NULL),
    'checks', jsonb_build_object(
        'reactions', '{}'::jsonb, 'no_answer', '{}'::jsonb, 'blocked_words', '[]'::jsonb, 'velocity', '{}'::jsonb,
        'line_types', NULL, 'minimum_seconds_on_form', NULL, 'max_age', settings #> '{accept,max_age}'),
    'fit', '[]'::jsonb, 'ask', '{}'::jsonb, 'mapping', NULL, 'connection', NULL, 'reply', NULL, 'test_phone', NULL);
