-- What can be done with a talk under way: hold, mute, transfer, a third party, a supervisor, the recording.

ALTER TABLE attempt ADD conference text, ADD conferred_at timestamptz,
    ADD controlled boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN attempt.controlled IS 'something was asked to be done with its talk';
COMMENT ON COLUMN attempt.conference IS 'where the talk is, or is being taken; null: two calls joined by one Dial';
COMMENT ON COLUMN attempt.conferred_at IS 'when the carrier had taken a talk that began as a Dial there';

ALTER TABLE leg DROP CONSTRAINT leg_kind_check,
    ADD CONSTRAINT leg_kind_check CHECK (kind IN ('agent', 'lead', 'third', 'supervisor')),
    ADD part text CHECK (part IN ('blind', 'warm', 'added')),
    ADD took_over_at timestamptz,
    ADD withdrawn_at timestamptz,
    ADD named text,
    ADD muted boolean NOT NULL DEFAULT false,
    ADD held boolean NOT NULL DEFAULT false,
    ADD listens text CHECK (listens IN ('listen', 'whisper', 'barge'));
COMMENT ON COLUMN leg.part IS 'what a party that came into a talk came for; null: it was there from the start';
COMMENT ON COLUMN leg.took_over_at IS 'when the talk was handed over to this party';
COMMENT ON COLUMN leg.withdrawn_at IS 'when we did not want this party any more: its call is ended, and it is let in nowhere';
COMMENT ON COLUMN leg.named IS 'who is called, where it is no agent: a transfer target''s name, a user''s email';
COMMENT ON COLUMN leg.muted IS 'as it is to be; so are held and listens';

-- Whether an agent is, or is being rung to be, in somebody else's talk, or has not left it yet.
CREATE FUNCTION is_party(of_attempt uuid, of_agent uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM leg WHERE attempt_id = of_attempt AND agent_id = of_agent AND state <> 'ended')
$$;

-- Parties that may still be on the line: few, and looked for all the time.
CREATE INDEX leg_rung_in ON leg (placed_at)
    WHERE state <> 'ended' AND (part IS NOT NULL OR kind = 'supervisor' OR withdrawn_at IS NOT NULL);
CREATE INDEX leg_given_up ON leg (placed_at) WHERE carrier_code = 'given_up' AND carrier_call_id IS NULL;

ALTER TABLE recording ADD paused_at timestamptz;

ALTER TABLE app_user ADD address text;
COMMENT ON COLUMN app_user.address IS 'where a supervisor is rung to listen in';

-- What was asked to be done with a talk. Committed before the carrier is asked; carried out one after the other.
CREATE TABLE control (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    attempt_id   uuid NOT NULL,
    leg_id       uuid,
    action       text NOT NULL CHECK (action IN
        ('hold', 'resume', 'mute', 'unmute', 'digits', 'transfer', 'complete', 'cancel', 'add', 'listen', 'whisper',
         'barge', 'leave', 'record', 'stop_recording', 'end', 'restore')),
    given        jsonb NOT NULL DEFAULT '{}',
    asked_by     text NOT NULL,
    asked_at     timestamptz NOT NULL,
    state        text NOT NULL CHECK (state IN ('asked', 'waiting', 'done', 'failed')),
    lease_until  timestamptz,
    sent_at      timestamptz,
    tries        integer NOT NULL DEFAULT 0,
    settled_at   timestamptz,
    why          text,
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id),
    FOREIGN KEY (account_id, leg_id) REFERENCES leg (account_id, id)
);
COMMENT ON COLUMN control.state IS 'asked: to be carried out; waiting: the carrier was asked, and a party is being rung or told';
COMMENT ON COLUMN control.sent_at IS 'when a request that may not be repeated was about to be sent';
CREATE INDEX control_open ON control (attempt_id, asked_at) WHERE state IN ('asked', 'waiting');
