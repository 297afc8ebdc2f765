-- name: add_control
-- What is to be done with a talk; nothing where this very one was asked for before.
INSERT INTO control (id, account_id, attempt_id, leg_id, action, given, asked_by, asked_at, state)
VALUES (:control_id, :account_id, :attempt_id, :leg_id, :action, :given, :asked_by, :now, :state)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: control_by_id
SELECT id AS control_id, attempt_id, leg_id, action, given, asked_by, state, sent_at, tries FROM control
 WHERE id = :control_id AND account_id = :account_id;

-- name: open_controls
-- What is still to be done with a talk, or is waited for, in order.
SELECT id AS control_id, attempt_id, leg_id, action, given, asked_by, state, sent_at, tries FROM control
 WHERE attempt_id = :attempt_id AND state IN ('asked', 'waiting') ORDER BY asked_at, id;

-- name: claim_control
-- The next thing to be done with a talk, unless somebody is at it: one after the other, on any number of nodes.
UPDATE control SET lease_until = :until, tries = tries + 1
 WHERE id = (SELECT c.id FROM control c WHERE c.attempt_id = :attempt_id AND c.state = 'asked'
              ORDER BY c.asked_at, c.id LIMIT 1 FOR NO KEY UPDATE)
   AND (lease_until IS NULL OR lease_until <= :now)
RETURNING id AS control_id, attempt_id, leg_id, action, given, asked_by, state, sent_at, tries;

-- name: send_control
-- A request that may not be repeated is about to be sent; nothing where it may have been sent before.
UPDATE control SET sent_at = :now WHERE id = :control_id AND sent_at IS NULL RETURNING id;

-- name: settle_control
-- What became of it; nothing where that was settled before. Tones may be a person's own numbers: they are not kept.
UPDATE control SET state = :state, given = CASE WHEN CAST(:state AS text) IN ('done', 'failed') THEN given - 'digits' ELSE given END,
       settled_at = CASE WHEN CAST(:state AS text) IN ('done', 'failed') THEN CAST(:now AS timestamptz) END,
       why = :why, lease_until = NULL
 WHERE id = :control_id AND state IN ('asked', 'waiting') AND state <> :state
RETURNING id;

-- name: controls_left
-- Talks with something to be done that nobody is at: the node that was asked died, or was never told.
SELECT DISTINCT attempt_id AS id FROM control
 WHERE state = 'asked' AND asked_at <= :asked_before AND (lease_until IS NULL OR lease_until <= :now) LIMIT :most;

-- name: control_talk
-- Something is to be done with a talk; for some of that it is taken into a conference.
UPDATE attempt SET controlled = true, conference = coalesce(conference, CAST(:conference AS text))
 WHERE id = :attempt_id;

-- name: set_conferred
-- The carrier has taken it there.
UPDATE attempt SET conferred_at = coalesce(conferred_at, :now) WHERE id = :attempt_id;

-- name: not_conferred
-- The carrier has not taken the talk there after all: the next control does. One on an agent's line is there still.
UPDATE attempt a SET conferred_at = NULL,
       conference = coalesce((SELECT 'line-' || g.line_id FROM leg g
                               WHERE g.attempt_id = a.id AND g.line_id IS NOT NULL AND g.state <> 'ended' LIMIT 1),
                             conference)
 WHERE a.id = :attempt_id;

-- name: leave_line
-- A talk on an agent's line is about to go on in a conference of its own.
UPDATE attempt SET conference = CAST(:conference AS text), conferred_at = coalesce(conferred_at, :now)
 WHERE id = :attempt_id;

-- name: add_party
-- A party that the carrier is about to be asked to ring into a talk.
INSERT INTO leg (id, account_id, attempt_id, kind, address, caller_id, carrier, agent_id, state, placed_at, part, named,
                 listens)
VALUES (:leg_id, :account_id, :attempt_id, :kind, :address, :caller_id, :carrier, :agent_id, 'placing', :now, :part,
        :named, :listens);

-- name: save_party
-- How a party is to be in the talk.
UPDATE leg SET muted = :muted, held = :held, listens = :listens, took_over_at = :took_over_at,
       withdrawn_at = :withdrawn_at
 WHERE id = :leg_id;

-- name: agent_to_ring
-- A free agent by name, locked.
SELECT g.id AS agent_id, g.name, g.address FROM agent g
 WHERE g.account_id = :account_id AND g.name = :name AND NOT g.removed AND g.state = 'available'
   AND g.line_id IS NULL FOR NO KEY UPDATE;

-- name: agent_known
-- Whether there is such an agent at all.
SELECT id FROM agent WHERE account_id = :account_id AND name = :name AND NOT removed;

-- name: idle_of_group
-- The free agent of a group who is idle longest, locked.
SELECT g.id AS agent_id, g.name, g.address FROM agent g
 WHERE g.account_id = :account_id AND g.state = 'available' AND NOT g.removed AND g.groups @> ARRAY[CAST(:group AS text)]
   AND g.id <> ALL (:not_these) AND g.line_id IS NULL
 ORDER BY g.state_since LIMIT 1 FOR NO KEY UPDATE OF g SKIP LOCKED;

-- name: listener
-- Where a user is rung to listen in.
SELECT u.email, u.role, u.address FROM app_user u WHERE u.account_id = :account_id AND u.email = :email AND NOT u.removed;

-- name: agents_of_user
-- The agents that a user is.
SELECT id FROM agent WHERE account_id = :account_id AND user_id = :user_id AND NOT removed;

-- name: recording_of_leg
SELECT carrier_recording_id, state, paused_at FROM recording WHERE leg_id = :leg_id;

-- name: pause_recording
-- A running recording is to be paused (or, with no moment, to go on).
UPDATE recording SET paused_at = :paused_at WHERE leg_id = :leg_id AND state IN ('asked', 'running') RETURNING id;

-- name: talks_of_account
-- The talks under way, longest first.
SELECT a.id AS attempt_id, a.lead_id, l.first_name, l.last_name, c.name AS campaign, a.bridged_at, a.conference
  FROM attempt a JOIN lead l ON l.id = a.lead_id JOIN campaign c ON c.id = a.campaign_id
 WHERE a.account_id = :account_id AND a.state = 'connected' AND a.ended_at IS NULL
   AND (CAST(:agent_ids AS uuid[]) IS NULL OR a.agent_id = ANY (CAST(:agent_ids AS uuid[])))
 ORDER BY a.bridged_at, a.id LIMIT :most;

-- name: parties_left
-- Parties that are still on the line as far as is known, though their talk is over, or they are not wanted any more.
SELECT l.id AS leg_id, l.attempt_id, l.carrier, l.carrier_call_id FROM leg l JOIN attempt a ON a.id = l.attempt_id
 WHERE l.state <> 'ended' AND (l.part IS NOT NULL OR l.kind = 'supervisor' OR l.withdrawn_at IS NOT NULL)
   AND (a.ended_at <= :over_before OR l.withdrawn_at <= :over_before)
 ORDER BY l.placed_at LIMIT :most;

-- name: lost_parties
-- Parties that were given up without the carrier's word on whether it rings them.
SELECT id AS leg_id, attempt_id, address, caller_id, carrier, placed_at FROM leg
 WHERE carrier_code = 'given_up' AND carrier_call_id IS NULL AND placed_at > :since ORDER BY placed_at LIMIT :most;

-- name: parties_of_talks
-- The parties of these talks, in the order in which they were rung, with what is recorded of them.
SELECT l.attempt_id, l.id AS leg_id, l.kind, l.state, l.accepted_at, l.live_at, l.part, l.took_over_at, l.withdrawn_at,
       coalesce(l.named, g.name) AS name, l.agent_id, l.muted, l.held, l.listens, r.state AS recording, r.paused_at
  FROM leg l JOIN attempt a ON a.id = l.attempt_id
  LEFT JOIN agent g ON g.id = l.agent_id
  LEFT JOIN recording r ON r.leg_id = l.id
 WHERE l.attempt_id = ANY (:attempt_ids) AND l.placed_at >= a.permitted_at
   AND (l.part IS NOT NULL OR l.kind = 'supervisor' OR l.id = (
       SELECT o.id FROM leg o
        WHERE o.attempt_id = a.id AND o.kind = l.kind AND o.part IS NULL AND o.placed_at >= a.permitted_at
        ORDER BY o.placed_at DESC, o.id DESC LIMIT 1))
 ORDER BY l.placed_at, l.id;
