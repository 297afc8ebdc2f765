-- name: agent_for_line
-- One agent, locked, as far as a line concerns them; and the number that a line shows, with whose it is.
SELECT g.id AS agent_id, g.address, g.line_id,
       EXISTS (SELECT FROM attempt a
                WHERE a.id = g.attempt_id AND a.agent_id = g.id
                  AND (a.state IN ('claimed', 'dialing', 'unknown') OR (a.state = 'connected' AND a.ended_at IS NULL)))
         AS on_call,
       (SELECT phone FROM phone_number WHERE account_id = g.account_id AND NOT removed ORDER BY phone LIMIT 1)
         AS number,
       (SELECT carrier FROM phone_number WHERE account_id = g.account_id AND NOT removed ORDER BY phone LIMIT 1)
         AS carrier
  FROM agent g WHERE g.account_id = :account_id AND g.name = :name AND NOT g.removed FOR NO KEY UPDATE OF g;

-- name: add_line
-- A line that the carrier is about to be asked for; its agent is offered nothing until it is up.
WITH added AS (
    INSERT INTO agent_line (id, account_id, agent_id, address, caller_id, carrier, state, placed_at, lease_until)
    VALUES (:line_id, :account_id, :agent_id, :address, :caller_id, :carrier, 'placing', :now, :lease_until)
)
UPDATE agent SET line_id = :line_id, line_up = false WHERE id = :agent_id;

-- name: line
-- One line.
SELECT l.id AS line_id, l.account_id, l.agent_id, l.address, l.caller_id, l.carrier, l.state, l.carrier_call_id,
       l.placed_at, l.ringing_at, l.live_at, l.accepted_at, l.closing_at, l.ended_at, l.ended_as, l.carrier_code
  FROM agent_line l WHERE l.id = :line_id;

-- name: lock_line
-- The same, locked; news about one line is taken in turn.
SELECT l.id AS line_id, l.account_id, l.agent_id, l.address, l.caller_id, l.carrier, l.state, l.carrier_call_id,
       l.placed_at, l.ringing_at, l.live_at, l.accepted_at, l.closing_at, l.ended_at, l.ended_as, l.carrier_code
  FROM agent_line l WHERE l.id = :line_id FOR NO KEY UPDATE;

-- name: save_line
-- A line as it now is, and what its agent's row says of it: whether leads may be dialled into it, or that it is gone.
WITH saved AS (
    UPDATE agent_line SET state = :state, carrier_call_id = :carrier_call_id, ringing_at = :ringing_at,
           live_at = :live_at, accepted_at = :accepted_at, closing_at = :closing_at, ended_at = :ended_at,
           ended_as = :ended_as, carrier_code = :carrier_code, lease_until = :lease_until
     WHERE id = :line_id
    RETURNING id, agent_id, state, accepted_at, closing_at
)
UPDATE agent SET line_id = CASE WHEN saved.state <> 'ended' THEN saved.id END,
       line_up = saved.state <> 'ended' AND saved.accepted_at IS NOT NULL AND saved.closing_at IS NULL
  FROM saved WHERE agent.id = saved.agent_id AND agent.line_id = saved.id;

-- name: legs_on_line
-- The legs of attempts that are on a line now.
SELECT id AS leg_id, attempt_id FROM leg WHERE line_id = :line_id AND state <> 'ended';

-- name: overdue_lines
-- Lines of which nothing was heard for their time; taken by one sweeper at a time.
WITH due AS (
    SELECT id FROM agent_line WHERE state <> 'ended' AND lease_until <= :now
     ORDER BY lease_until LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE agent_line l SET lease_until = :lease_until FROM due WHERE l.id = due.id RETURNING l.id;
