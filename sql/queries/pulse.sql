-- name: first_pulse
INSERT INTO service_pulse (seen_at) VALUES (:now) ON CONFLICT DO NOTHING;

-- name: lock_pulse
-- When some node last ran, and for how long nobody wrote it down, by the database's clock; locked.
SELECT seen_at, clock_timestamp() - written_at AS silent FROM service_pulse FOR UPDATE;

-- name: set_pulse
UPDATE service_pulse SET seen_at = greatest(seen_at, :now), written_at = clock_timestamp();

-- name: missed_calls
-- Calls of cadences that became due while nobody ran, locked in one order; what is being worked on is left alone.
SELECT a.id AS attempt_id, a.account_id, a.campaign_id, c.version, coalesce(a.rank_at, a.lead_received_at) AS rank_at, a.due_at
  FROM attempt a JOIN campaign c ON c.id = a.campaign_id
 WHERE a.state = 'scheduled' AND a.channel = 'call' AND a.origin = 'cadence'
   AND a.due_at > :since AND a.due_at <= :now
 ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED;

-- name: spread_missed
-- Each at its new time.
UPDATE attempt a SET due_at = w.due_at, ready = false, note = :note
  FROM unnest(CAST(:attempt_ids AS uuid[]), CAST(:due_ats AS timestamptz[])) AS w (id, due_at)
 WHERE a.id = w.id AND a.state = 'scheduled';
