-- What a lead was told on a call, and the recordings of calls.

ALTER TABLE attempt ADD announced_at timestamptz, ADD notice_at timestamptz;
COMMENT ON COLUMN attempt.announced_at IS 'when the lead had heard that the call may be recorded';
COMMENT ON COLUMN attempt.notice_at IS 'when the lead, who got no agent, was told who called and how to be called no more';

-- One row a leg, written before the carrier is asked, which makes it at most one recording a leg.
CREATE TABLE recording (
    id                    uuid PRIMARY KEY,
    account_id            uuid NOT NULL,
    attempt_id            uuid NOT NULL,
    leg_id                uuid NOT NULL UNIQUE,
    carrier_recording_id  text,
    state                 text NOT NULL CHECK (state IN ('asked', 'running', 'kept', 'absent', 'refused')),
    asked_at              timestamptz NOT NULL,
    started_at            timestamptz,
    seconds               integer,
    url                   text,
    announcement          jsonb NOT NULL,
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id),
    FOREIGN KEY (account_id, leg_id) REFERENCES leg (account_id, id)
);
COMMENT ON COLUMN recording.url IS 'as the carrier told it; shown to nobody, and never asked for';
COMMENT ON COLUMN recording.announcement IS 'whether the lead had to be told first, and what that was read from';
CREATE INDEX recording_of_attempt ON recording (attempt_id);
