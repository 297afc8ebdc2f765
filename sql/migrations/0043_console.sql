-- The agent's console: who has one open, what agents say of their calls, what they write down, and when they are stuck.

-- Apart from the agent's own row, which the dial path locks: a renewal stands in nobody's way.
CREATE TABLE console (
    agent_id    uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    until       timestamptz NOT NULL,
    lost_at     timestamptz,
    FOREIGN KEY (account_id, agent_id) REFERENCES agent (account_id, id)
);
COMMENT ON COLUMN console.until IS 'the lease that the open page renews; past it the agent is taken for gone';
COMMENT ON COLUMN console.lost_at IS 'when the agent was taken off because the page was gone';
CREATE INDEX console_lost ON console (until);

-- What an agent says came of a call. It takes effect when the time for taking it back is over.
CREATE TABLE disposition (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    lead_id     uuid NOT NULL,
    attempt_id  uuid NOT NULL,
    agent_id    uuid NOT NULL,
    said_by     text NOT NULL,
    kind        text NOT NULL CHECK (kind IN
        ('appointment', 'quote', 'sale', 'callback', 'talked', 'not_interested', 'nobody', 'machine', 'wrong_number',
         'bad_lead', 'do_not_call')),
    given       jsonb NOT NULL,
    made_at     timestamptz NOT NULL,
    settles_at  timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('waiting', 'done', 'undone', 'failed')),
    why         text,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id),
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id),
    FOREIGN KEY (account_id, agent_id) REFERENCES agent (account_id, id)
);
CREATE UNIQUE INDEX disposition_of_attempt ON disposition (attempt_id) WHERE state <> 'undone';
CREATE INDEX disposition_of_lead ON disposition (lead_id, made_at);
CREATE INDEX disposition_due ON disposition (settles_at) WHERE state = 'waiting';
CREATE INDEX disposition_of_agent ON disposition (agent_id, made_at);

-- What agents write down of a lead: the answers to the campaign's questions, and a note; saved as it is typed.
CREATE TABLE lead_card (
    lead_id     uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    answers     jsonb NOT NULL DEFAULT '{}',
    note        text NOT NULL DEFAULT '',
    saved_by    text NOT NULL,
    saved_at    timestamptz NOT NULL,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id)
);

-- "I am stuck": what was known at that moment, for whoever looks into it.
CREATE TABLE stuck_report (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    agent_id    uuid NOT NULL,
    attempt_id  uuid,
    at          timestamptz NOT NULL,
    said_by     text NOT NULL,
    state       text NOT NULL,
    timeline    jsonb NOT NULL,
    FOREIGN KEY (account_id, agent_id) REFERENCES agent (account_id, id),
    FOREIGN KEY (account_id, attempt_id) REFERENCES attempt (account_id, id)
);
CREATE INDEX stuck_report_by_time ON stuck_report (account_id, at DESC);

ALTER TABLE attempt
    DROP CONSTRAINT attempt_origin_check,
    ADD CONSTRAINT attempt_origin_check CHECK (origin IN ('cadence', 'callback', 'reply', 'inbound', 'agent'));
CREATE INDEX leg_of_agent ON leg (agent_id, placed_at) WHERE agent_id IS NOT NULL;

-- Whoever signs in may be rung in the browser instead of on the phone of the configuration.
ALTER TABLE agent ADD own_address text;
COMMENT ON COLUMN agent.own_address IS 'the one of the configuration, while the agent chose to be rung in the browser';
