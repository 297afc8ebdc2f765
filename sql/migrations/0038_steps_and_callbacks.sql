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
