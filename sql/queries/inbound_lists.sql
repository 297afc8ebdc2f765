-- name: incoming_calls
-- Calls that came in, newest first, behind a moment.
SELECT i.id AS call_id, i.carrier_call_id, i.lead_id, i.attempt_id, s.name AS source, c.name AS campaign, i.from_phone, i.to_phone,
       l.first_name, l.last_name, i.region, i.postal_code, i.progress -> 'answers' AS answers, i.received_at,
       i.made_lead, i.stage, a.state = 'connected' AND a.ended_at IS NULL AS talking, g.name AS agent, i.agent_group,
       i.queued_at, a.bridged_at, i.ended_at, a.talk_seconds, a.contact, i.outcome, i.billable, i.conditions, i.price,
       i.message_left_at, r.id AS recording_id, r.state AS recording_state, r.seconds AS recording_seconds,
       i.seen_at, i.seen_by
  FROM inbound_call i
  JOIN attempt a ON a.id = i.attempt_id
  JOIN lead l ON l.id = i.lead_id
  JOIN source s ON s.id = i.source_id
  JOIN campaign c ON c.id = a.campaign_id
  LEFT JOIN agent g ON g.id = a.agent_id
  LEFT JOIN recording r ON r.leg_id = i.leg_id
 WHERE i.account_id = :account_id
   AND (CAST(:source AS text) IS NULL OR s.name = :source)
   AND (NOT CAST(:waiting AS boolean) OR (i.message_left_at IS NOT NULL AND i.seen_at IS NULL))
   AND (NOT CAST(:live AS boolean) OR i.ended_at IS NULL)
   AND (CAST(:before AS timestamptz) IS NULL OR i.received_at < :before)
 ORDER BY i.received_at DESC LIMIT :most;

-- name: message_seen
-- Somebody took care of a message; nothing is returned where somebody had before.
UPDATE inbound_call SET seen_at = :now, seen_by = :by
 WHERE account_id = :account_id AND id = :call_id AND message_left_at IS NOT NULL AND seen_at IS NULL
RETURNING id;
