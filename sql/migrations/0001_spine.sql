-- The spine: accounts and what belongs to them, leads, attempts, permits, legs, carrier callbacks, events.
--
-- Every table carries its account, and every reference to another table goes through (account_id, id), so that a
-- row of one account cannot point at a row of another. The two exceptions are named in tests/store: the
-- migration record and the carrier's dial slots, which belong to the installation.
--
-- Those references are checked by (account_id, id). On a young table, whose statistics say nothing yet, the planner
-- takes any index that begins with account_id for that check, and then reads the whole account. So on tables that
-- are referred to, only UNIQUE (account_id, id) may begin so; every other index is partial, by a condition that
-- the check does not have, or begins with another column. tests/store holds this.

CREATE TABLE account (
    id          uuid PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    timezone    text NOT NULL,
    created_at  timestamptz NOT NULL
);

CREATE TABLE phone_number (
    account_id  uuid NOT NULL REFERENCES account,
    phone       text NOT NULL,
    sms         boolean NOT NULL DEFAULT false,
    removed     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account_id, phone)
);

CREATE TABLE app_user (
    id             uuid PRIMARY KEY,
    account_id     uuid NOT NULL REFERENCES account,
    email          text NOT NULL UNIQUE,
    role           text NOT NULL CHECK (role IN ('agent', 'supervisor', 'manager', 'admin')),
    password_hash  text NOT NULL,
    removed        boolean NOT NULL DEFAULT false,
    UNIQUE (account_id, id)
);

CREATE TABLE session (
    token_hash  bytea PRIMARY KEY,
    account_id  uuid NOT NULL,
    user_id     uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES app_user (account_id, id)
);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE campaign (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES account,
    name         text NOT NULL,
    paused       boolean NOT NULL DEFAULT false,
    removed      boolean NOT NULL DEFAULT false,
    agent_group  text NOT NULL,
    settings     jsonb NOT NULL,
    version      integer NOT NULL DEFAULT 1,
    UNIQUE (name, account_id),
    UNIQUE (account_id, id)
);

CREATE TABLE source (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES account,
    campaign_id  uuid NOT NULL,
    name         text NOT NULL,
    paused       boolean NOT NULL DEFAULT false,
    removed      boolean NOT NULL DEFAULT false,
    settings     jsonb NOT NULL,
    version      integer NOT NULL DEFAULT 1,
    UNIQUE (name, account_id),
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, campaign_id) REFERENCES campaign (account_id, id)
);

-- A source's key posts and reads that source's leads; one without a source may do all of the account.
CREATE TABLE api_key (
    key_hash    bytea PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES account,
    source_id   uuid,
    hint        text NOT NULL,
    created_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);

CREATE TABLE agent (
    id             uuid PRIMARY KEY,
    account_id     uuid NOT NULL REFERENCES account,
    name           text NOT NULL,
    address        text NOT NULL,
    presence       text NOT NULL CHECK (presence IN ('always', 'console')),
    groups         text[] NOT NULL,
    user_id        uuid,
    removed        boolean NOT NULL DEFAULT false,
    state          text NOT NULL CHECK (state IN
        ('offline', 'available', 'reserved', 'ringing', 'talking', 'wrap_up', 'paused')),
    state_since    timestamptz NOT NULL,
    state_until    timestamptz,
    state_reason   text,
    attempt_id     uuid,
    UNIQUE (name, account_id),
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES app_user (account_id, id)
);
CREATE INDEX agent_available ON agent (account_id, state_since) WHERE state = 'available' AND NOT removed;
CREATE INDEX agent_timed ON agent (state_until) WHERE state_until IS NOT NULL;

CREATE TABLE lead (
    id               uuid PRIMARY KEY,
    account_id       uuid NOT NULL REFERENCES account,
    source_id        uuid NOT NULL,
    campaign_id      uuid NOT NULL,
    state            text NOT NULL CHECK (state IN
        ('new', 'working', 'contacted', 'converted', 'rejected', 'exhausted', 'suppressed', 'closed')),
    refusal          text,
    received_at      timestamptz NOT NULL,
    committed_at     timestamptz,
    phone            text,
    email            text,
    first_name       text,
    last_name        text,
    address          text,
    city             text,
    region           text,
    postal_code      text,
    country          text NOT NULL,
    candidates       jsonb NOT NULL,
    attributes       jsonb NOT NULL,
    cost             numeric(12, 4),
    test             boolean NOT NULL DEFAULT false,
    external_id      text,
    idempotency_key  text,
    submitted_at     timestamptz,
    raw_type         text NOT NULL,
    raw_body         bytea NOT NULL,
    raw_sha256       bytea NOT NULL,
    answer_status    integer NOT NULL,
    answer           jsonb NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id),
    FOREIGN KEY (account_id, campaign_id) REFERENCES campaign (account_id, id)
);
CREATE UNIQUE INDEX lead_external_id ON lead (source_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX lead_idempotency_key ON lead (source_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX lead_by_time ON lead (account_id, received_at DESC, id DESC) WHERE answer_status > 0;
CREATE INDEX lead_by_phone ON lead (account_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX lead_by_email ON lead (account_id, email) WHERE email IS NOT NULL;

-- The last accepted lead of a phone from a source: the row that lets exactly one of two twins in.
CREATE TABLE recent_lead (
    account_id   uuid NOT NULL,
    source_id    uuid NOT NULL,
    phone        text NOT NULL,
    lead_id      uuid NOT NULL,
    accepted_at  timestamptz NOT NULL,
    PRIMARY KEY (source_id, phone),
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);

-- Accepted leads per source and day (of the account's zone): the row that makes a daily cap exact.
CREATE TABLE source_day (
    account_id  uuid NOT NULL,
    source_id   uuid NOT NULL,
    day         date NOT NULL,
    accepted    integer NOT NULL,
    PRIMARY KEY (source_id, day),
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);

CREATE TABLE consent (
    account_id            uuid NOT NULL,
    lead_id               uuid PRIMARY KEY,
    channels              text[] NOT NULL,
    wording               text,
    seller                text,
    captured_at           timestamptz,
    url                   text,
    ip                    text,
    user_agent            text,
    trustedform_cert_url  text,
    leadid_token          text,
    recorded_at           timestamptz NOT NULL,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id)
);

CREATE TABLE suppression (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES account,
    campaign_id  uuid,
    kind         text NOT NULL CHECK (kind IN ('phone', 'email')),
    value        text NOT NULL,
    reason       text NOT NULL,
    origin       text NOT NULL,
    created_at   timestamptz NOT NULL,
    removed_at   timestamptz,
    FOREIGN KEY (account_id, campaign_id) REFERENCES campaign (account_id, id)
);
CREATE INDEX suppression_in_force ON suppression (account_id, value) WHERE removed_at IS NULL;

CREATE TABLE attempt (
    id                uuid PRIMARY KEY,
    account_id        uuid NOT NULL,
    lead_id           uuid NOT NULL,
    campaign_id       uuid NOT NULL,
    number            integer NOT NULL,
    step              integer NOT NULL,
    channel           text NOT NULL CHECK (channel IN ('call')),
    state             text NOT NULL CHECK (state IN
        ('scheduled', 'claimed', 'dialing', 'connected', 'no_answer', 'busy', 'machine', 'failed', 'abandoned',
         'unknown', 'refused', 'cancelled', 'expired')),
    due_at            timestamptz NOT NULL,
    lead_received_at  timestamptz NOT NULL,
    mode              text,
    caller_id         text,
    lease             uuid,
    lease_until       timestamptz,
    unknown_since     timestamptz,
    agent_id          uuid,
    passed_by         uuid[] NOT NULL DEFAULT '{}',
    tries             integer NOT NULL DEFAULT 0,
    claimed_at        timestamptz,
    permitted_at      timestamptz,
    requested_at      timestamptz,
    ringing_at        timestamptz,
    answered_at       timestamptz,
    bridged_at        timestamptz,
    ended_at          timestamptz,
    permitted_wait    double precision,
    contact           boolean NOT NULL DEFAULT false,
    talk_seconds      double precision,
    note              text,
    UNIQUE (account_id, id),
    UNIQUE (lead_id, number),
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, campaign_id) REFERENCES campaign (account_id, id),
    FOREIGN KEY (account_id, agent_id) REFERENCES agent (account_id, id)
);
-- At most one live attempt per lead, whatever the code does.
CREATE UNIQUE INDEX attempt_live ON attempt (lead_id)
    WHERE state IN ('claimed', 'dialing', 'unknown') OR (state = 'connected' AND ended_at IS NULL);
CREATE INDEX attempt_fresh ON attempt (campaign_id, due_at DESC, lead_received_at DESC)
    WHERE state = 'scheduled' AND number = 1;
CREATE INDEX attempt_retry ON attempt (campaign_id, due_at DESC, lead_received_at DESC)
    WHERE state = 'scheduled' AND number > 1;
CREATE INDEX attempt_leased ON attempt (lease_until)
    WHERE state IN ('claimed', 'dialing', 'unknown') OR (state = 'connected' AND ended_at IS NULL);
ALTER TABLE agent ADD FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id);

CREATE TABLE permit (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    attempt_id  uuid NOT NULL,
    decided_at  timestamptz NOT NULL,
    decision    text NOT NULL CHECK (decision IN ('allowed', 'refused', 'not_before')),
    not_before  timestamptz,
    rule_set    text NOT NULL,
    rules       jsonb NOT NULL,
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id)
);
CREATE INDEX permit_of_attempt ON permit (attempt_id, decided_at);

CREATE TABLE leg (
    id               uuid PRIMARY KEY,
    account_id       uuid NOT NULL,
    attempt_id       uuid NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('agent', 'lead')),
    address          text NOT NULL,
    caller_id        text NOT NULL,
    agent_id         uuid,
    state            text NOT NULL CHECK (state IN ('placing', 'ringing', 'live', 'ended')),
    carrier_call_id  text UNIQUE,
    placed_at        timestamptz NOT NULL,
    ringing_at       timestamptz,
    live_at          timestamptz,
    accepted_at      timestamptz,
    ended_at         timestamptz,
    ended_as         text CHECK (ended_as IN ('completed', 'busy', 'no_answer', 'failed', 'cancelled')),
    answered_by      text CHECK (answered_by IN ('human', 'machine', 'unknown')),
    carrier_code     text,
    seconds          integer,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id),
    FOREIGN KEY (account_id, agent_id) REFERENCES agent (account_id, id)
);
CREATE INDEX leg_of_attempt ON leg (attempt_id, placed_at);
CREATE INDEX leg_rung ON leg (account_id, address, placed_at) WHERE kind = 'lead';

-- The inbox of carrier callbacks: one row each, insert or nothing; work is done only where a row was made.
CREATE TABLE carrier_callback (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   uuid NOT NULL,
    attempt_id   uuid NOT NULL,
    fingerprint  bytea NOT NULL,
    kind         text NOT NULL,
    fields       jsonb NOT NULL,
    received_at  timestamptz NOT NULL,
    UNIQUE (attempt_id, fingerprint),
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id)
);

-- What happened, in order: the lead's timeline, the live pages, and what outgoing webhooks tell.
-- A reader pages by (tx, id) below the oldest running transaction, so that a late commit is never passed over.
-- It is a log, written several times for each lead: its ids are not checked again.
CREATE TABLE event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    account_id  uuid NOT NULL REFERENCES account,
    lead_id     uuid,
    attempt_id  uuid,
    agent_id    uuid,
    kind        text NOT NULL,
    at          timestamptz NOT NULL,
    data        jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX event_stream ON event (tx, id);
CREATE INDEX event_of_lead ON event (lead_id, id);

-- Calls per second, shared by all nodes: the moment from which the next slot is free.
CREATE TABLE carrier_slot (
    carrier  text PRIMARY KEY,
    next_at  timestamptz NOT NULL
);

-- Ends the statement that calls it, and undoes what it had written: how accept_lead takes back its counts in the one
-- round trip that it is.
CREATE FUNCTION kept_out() RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'kept out' USING ERRCODE = 'STL01';
END
$$;
