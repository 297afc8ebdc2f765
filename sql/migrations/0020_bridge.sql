-- Agents' standing calls into which leads are dialled, and how each attempt's two phones are rung.

-- One row a line: a call of the service to an agent, which stays up between leads. It is watched as a leg is.
CREATE TABLE agent_line (
    id               uuid PRIMARY KEY,
    account_id       uuid NOT NULL REFERENCES account,
    agent_id         uuid NOT NULL,
    address          text NOT NULL,
    caller_id        text NOT NULL,
    carrier          text NOT NULL,
    state            text NOT NULL CHECK (state IN ('placing', 'ringing', 'live', 'ended')),
    carrier_call_id  text UNIQUE,
    placed_at        timestamptz NOT NULL,
    ringing_at       timestamptz,
    live_at          timestamptz,
    accepted_at      timestamptz,
    closing_at       timestamptz,
    ended_at         timestamptz,
    ended_as         text CHECK (ended_as IN ('completed', 'busy', 'no_answer', 'failed', 'cancelled')),
    carrier_code     text,
    lease_until      timestamptz NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, agent_id) REFERENCES agent (account_id, id)
);
COMMENT ON COLUMN agent_line.accepted_at IS 'when the agent pressed 1: leads may be dialled into it from then on';
COMMENT ON COLUMN agent_line.closing_at IS 'when somebody asked that it be closed';
CREATE UNIQUE INDEX agent_line_open ON agent_line (agent_id) WHERE state <> 'ended';
CREATE INDEX agent_line_leased ON agent_line (lease_until) WHERE state <> 'ended';

-- What the dial path needs of it stands on the agent's own row, which it reads and locks anyway.
ALTER TABLE agent ADD line_id uuid, ADD line_up boolean NOT NULL DEFAULT false;
ALTER TABLE agent ADD FOREIGN KEY (account_id, line_id) REFERENCES agent_line (account_id, id);
COMMENT ON COLUMN agent.line_id IS 'the open line; while it is not up the agent is offered nothing';

ALTER TABLE leg ADD line_id uuid;
ALTER TABLE leg ADD FOREIGN KEY (account_id, line_id) REFERENCES agent_line (account_id, id);
COMMENT ON COLUMN leg.line_id IS 'an agent''s leg that is no call of its own, but the agent''s line';
-- A leg on a line is the line's own call, as is the next one.
ALTER TABLE leg DROP CONSTRAINT leg_carrier_call_id_key;
CREATE UNIQUE INDEX leg_carrier_call ON leg (carrier_call_id) WHERE line_id IS NULL;
CREATE INDEX leg_on_line ON leg (line_id) WHERE line_id IS NOT NULL AND state <> 'ended';

ALTER TABLE attempt ADD CONSTRAINT attempt_mode_check
    CHECK (mode IN ('agent_first', 'lead_first', 'both', 'hot'));

-- Where an agent is reached who is on a line: "line:", the carrier account, the line.
CREATE FUNCTION on_line(of_agent agent) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'line:' || carrier || ':' || id FROM agent_line WHERE id = of_agent.line_id
$$;
