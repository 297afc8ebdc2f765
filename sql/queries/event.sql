-- name: add_event
-- Something happened.
INSERT INTO event (account_id, lead_id, attempt_id, agent_id, kind, at, data)
VALUES (:account_id, :lead_id, :attempt_id, :agent_id, :kind, :at, :data);

-- name: wake
-- Tell every node, when this transaction commits, that there may be something to do.
SELECT pg_notify('speedtolead', '') IS NOT NULL AS notified;

-- name: stream_position
-- Where the event stream stands: nothing older can still be committed behind it.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS tx;

-- name: events_since
-- Events behind a position, in a stable order, leaving out what a running transaction could still come before.
SELECT id, tx::text AS tx, account_id, lead_id, attempt_id, agent_id, kind, at, data
  FROM event
 WHERE (tx, id) > (CAST(CAST(:after_tx AS text) AS xid8), CAST(:after_id AS bigint))
   AND tx < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY tx, id LIMIT :most;

-- name: events_of_lead
-- A lead's timeline.
SELECT id, tx::text AS tx, account_id, lead_id, attempt_id, agent_id, kind, at, data
  FROM event WHERE account_id = :account_id AND lead_id = :lead_id ORDER BY id;
