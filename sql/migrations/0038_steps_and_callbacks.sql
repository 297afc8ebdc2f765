-- Steps of a cadence that reach nobody: webhooks, and to-dos for agents.

-- What somebody is to do about a lead: an agent, or whoever of a group takes it up.
CREATE TABLE task (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    lead_id      uuid NOT NULL,
    attempt_id   uuid,
    agent_id     uuid,
    agents       text NOT NULL,
    title        text NOT NULL,
    due_at       timestamptz NOT NULL,
    made_at      timestamptz NOT NULL,
    done_at      timestamptz,
    done_by      text,
    reopened_at  timestamptz,
    reopened_by  text,
    UNIQUE (account_id, id),
    CHECK ((done_at IS NULL) = (done_by IS NULL)),
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id),
    FOREIGN KEY (account_id, agent_id) REFERENCES agent (account_id, id)
);
COMMENT ON COLUMN task.attempt_id IS 'the step of a cadence that made it';
COMMENT ON COLUMN task.agent_id IS 'whose it is; null: anyone of the group';
COMMENT ON COLUMN task.agents IS 'the group of agents that it was made for';
CREATE UNIQUE INDEX task_of_attempt ON task (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX task_open ON task (due_at, id, account_id) WHERE done_at IS NULL;
CREATE INDEX task_of_lead ON task (lead_id, due_at);

-- They wait for nothing but their time, and for no carrier.
CREATE INDEX attempt_within ON attempt (due_at) WHERE state = 'scheduled' AND channel IN ('webhook', 'task');

-- Calls that somebody was promised at a time: by an agent, by the API, or because the person asked for it. The call,
-- its reminder and its mail are attempts that name it; one that is moved gets new ones.
CREATE TABLE callback (
    id            uuid PRIMARY KEY,
    account_id    uuid NOT NULL,
    lead_id       uuid NOT NULL,
    at            timestamptz NOT NULL,
    zone          text NOT NULL,
    agent_id      uuid,
    note          text,
    remind        interval,
    mail          boolean NOT NULL,
    asked_by      text NOT NULL,
    made_at       timestamptz NOT NULL,
    moves         integer NOT NULL DEFAULT 0,
    moved_at      timestamptz,
    cancelled_at  timestamptz,
    cancelled_by  text,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, agent_id) REFERENCES agent (account_id, id)
);
COMMENT ON COLUMN callback.zone IS 'the clock of the person, on which the time was agreed';
COMMENT ON COLUMN callback.agent_id IS 'who calls, if free at the time; null: anyone';
COMMENT ON COLUMN callback.remind IS 'so long before it the person is reminded by text; null: not';
COMMENT ON COLUMN callback.mail IS 'whether the person gets it by mail, as a calendar entry';
CREATE INDEX callback_of_lead ON callback (lead_id, made_at);
CREATE INDEX callback_to_come ON callback (at, account_id) WHERE cancelled_at IS NULL;

ALTER TABLE attempt ADD COLUMN callback_id uuid,
    ADD FOREIGN KEY (account_id, callback_id) REFERENCES callback (account_id, id);
CREATE INDEX attempt_of_callback ON attempt (callback_id) WHERE callback_id IS NOT NULL;

-- When some node last ran, by its own clock and by the database's: how an absence is known afterwards. One row for the
-- installation.
CREATE TABLE service_pulse (
    single      boolean PRIMARY KEY DEFAULT true CHECK (single),
    seen_at     timestamptz NOT NULL,
    written_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What became of mails after they were taken, as whoever carries them tells it: bounces, complaints, replies.
CREATE TABLE mail_event (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    lead_id      uuid NOT NULL,
    message_id   uuid NOT NULL,
    event_id     text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('bounced', 'complained', 'replied')),
    code         text,
    body         text,
    read_as      text,
    at           timestamptz NOT NULL,
    UNIQUE (event_id, account_id),
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, message_id) REFERENCES message (account_id, id)
);
COMMENT ON COLUMN mail_event.event_id IS 'by which the same news is known again';
COMMENT ON COLUMN mail_event.read_as IS 'of a reply: what the person asks for';
CREATE INDEX mail_event_of_lead ON mail_event (lead_id, at);
