-- name: mark_announced
-- The lead has heard that the call may be recorded; nothing is returned where that was known.
UPDATE attempt SET announced_at = :now WHERE id = :attempt_id AND announced_at IS NULL RETURNING id;

-- name: mark_notice
-- The lead, who got no agent, is told who called; nothing is returned where that was told before.
UPDATE attempt SET notice_at = :now WHERE id = :attempt_id AND notice_at IS NULL RETURNING id;

-- name: ask_recording
-- A leg is about to be recorded; nothing is returned where that was asked before.
INSERT INTO recording (id, account_id, attempt_id, leg_id, state, asked_at, announcement)
VALUES (:recording_id, :account_id, :attempt_id, :leg_id, 'asked', :now, :announcement)
ON CONFLICT (leg_id) DO NOTHING
RETURNING id;

-- name: recording_runs
-- The carrier took it, and its own news may have been here first.
UPDATE recording SET carrier_recording_id = coalesce(carrier_recording_id, :carrier_recording_id),
       state = CASE WHEN state IN ('kept', 'absent', 'removed') THEN state ELSE 'running' END,
       started_at = :now -- the carrier tells whole seconds only
 WHERE leg_id = :leg_id;

-- name: recording_refused
-- The carrier did not take it.
UPDATE recording SET state = 'refused' WHERE leg_id = :leg_id AND state = 'asked';

-- name: recording_told
-- News of a leg's recording, in any order and as late as may be; of another recording than the known one: nothing.
UPDATE recording r SET carrier_recording_id = :carrier_recording_id,
       state = CASE WHEN r.state IN ('kept', 'absent', 'removed') THEN r.state ELSE :state END,
       started_at = coalesce(r.started_at, :started_at), seconds = coalesce(:seconds, r.seconds),
       url = CASE WHEN r.state <> 'removed' THEN coalesce(:url, r.url) END
  FROM attempt a
 WHERE r.leg_id = :leg_id AND r.attempt_id = :attempt_id AND a.id = r.attempt_id
   AND coalesce(r.carrier_recording_id, :carrier_recording_id) = :carrier_recording_id
RETURNING r.id AS recording_id, r.account_id, a.lead_id,
          (SELECT state FROM recording b WHERE b.leg_id = :leg_id) AS before, r.state, r.seconds;

-- name: recordings_of_lead
-- The recordings of the lead's calls, in order.
SELECT r.id AS recording_id, r.attempt_id, r.state, r.started_at, r.seconds, r.announcement, a.announced_at
  FROM recording r JOIN attempt a ON a.id = r.attempt_id
 WHERE r.account_id = :account_id AND a.lead_id = :lead_id ORDER BY r.asked_at, r.id;

-- name: recording_to_play
-- A recording of one of the account's leads that the carrier has whole; those of an erased lead are about to be removed.
SELECT r.carrier_recording_id, g.carrier
  FROM recording r JOIN attempt a ON a.id = r.attempt_id JOIN leg g ON g.id = r.leg_id
 WHERE r.id = :recording_id AND r.account_id = :account_id AND a.lead_id = :lead_id AND r.state = 'kept'
   AND NOT EXISTS (SELECT FROM erasure WHERE lead_id = a.lead_id);

-- name: recordings_to_remove
-- Recordings at a carrier whose time is over, or whose lead was erased; those of a held lead stay. In order of their ids.
SELECT r.id AS recording_id, r.account_id, r.attempt_id, a.lead_id, r.carrier_recording_id, g.carrier
  FROM recording r JOIN attempt a ON a.id = r.attempt_id JOIN leg g ON g.id = r.leg_id
 WHERE r.account_id = :account_id AND r.id > :after AND r.state IN ('running', 'kept')
   AND r.carrier_recording_id IS NOT NULL AND a.ended_at IS NOT NULL
   AND (r.asked_at < :before OR EXISTS (SELECT FROM erasure WHERE lead_id = a.lead_id))
   AND NOT EXISTS (SELECT FROM legal_hold WHERE lead_id = a.lead_id AND lifted_at IS NULL)
 ORDER BY r.id LIMIT :most;

-- name: recording_removed
-- The carrier has it no more; nothing is returned where that was known.
UPDATE recording SET state = 'removed', removed_at = :now, url = NULL
 WHERE id = :recording_id AND account_id = :account_id AND state <> 'removed' RETURNING id;
