-- name: webhooks_of_account
-- The webhooks in use, postbacks among them, with what waits and what was given up.
SELECT w.id AS webhook_id, w.name, w.source_id, s.name AS source, w.url, w.request, w.events, w.secret, w.paused,
       w.paused_why, w.created_at,
       (SELECT count(*) FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'pending') AS pending,
       (SELECT count(*) FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'failed') AS failed
  FROM webhook w LEFT JOIN source s ON s.account_id = w.account_id AND s.id = w.source_id
 WHERE w.account_id = :account_id AND NOT w.removed ORDER BY w.name;

-- name: webhook_by_name
SELECT id FROM webhook WHERE account_id = :account_id AND name = :name AND NOT removed;

-- name: put_webhook
-- A new webhook, or a known one as it now is. One that comes back after it was retired begins anew: what happened in
-- between is not told.
INSERT INTO webhook (id, account_id, name, source_id, url, request, events, secret, paused, created_at)
VALUES (:webhook_id, :account_id, :name, :source_id, :url, :request, CAST(:events AS text[]), :secret, :paused, :now)
ON CONFLICT (account_id, name) DO UPDATE
   SET url = excluded.url, events = excluded.events, secret = excluded.secret, paused = excluded.paused,
       source_id = excluded.source_id, request = excluded.request, paused_why = NULL, failures = 0, rest_until = NULL, removed = false,
       made_tx = CASE WHEN webhook.removed THEN excluded.made_tx ELSE webhook.made_tx END,
       created_at = CASE WHEN webhook.removed THEN excluded.created_at ELSE webhook.created_at END
RETURNING id;

-- name: remove_webhook
-- Retire a webhook; what still waited is given up.
WITH retired AS (
    UPDATE webhook SET removed = true WHERE account_id = :account_id AND id = :webhook_id RETURNING id
)
UPDATE webhook_delivery d SET state = 'failed', next_at = NULL, last_error = 'the webhook was retired'
  FROM retired WHERE d.webhook_id = retired.id AND d.state = 'pending';

-- name: lock_cursor
-- How far the relay has read, for the one who gets it; and how far the stream can be read now.
SELECT tx::text AS tx, event_id, pg_snapshot_xmin(pg_current_snapshot())::text AS newest
  FROM webhook_cursor FOR NO KEY UPDATE SKIP LOCKED;

-- name: move_cursor
UPDATE webhook_cursor SET tx = CAST(CAST(:to_tx AS text) AS xid8), event_id = :event_id;

-- name: restart_cursor
-- The cursor is ahead of every transaction there is: the data came from another server. Go on from here.
WITH webhooks AS (
    UPDATE webhook SET made_tx = CAST(CAST(:to_tx AS text) AS xid8) WHERE made_tx > CAST(CAST(:to_tx AS text) AS xid8)
)
UPDATE webhook_cursor SET tx = CAST(CAST(:to_tx AS text) AS xid8), event_id = 0;

-- name: add_deliveries
-- One delivery for each event and webhook that is to be told of it: those that ask for its kind and are older than
-- it, or the one that a replay names, whatever it asks for; a step of a cadence is told to the one that it names. A postback is told of its own source's leads only, and of
-- no tests. A delivery that is there already is left alone, except by a replay, which begins it anew. Its id is made of
-- the two, so that a receiver always knows it again.
INSERT INTO webhook_delivery (id, account_id, webhook_id, event_id, kind, at, data, state, next_at, created_at)
SELECT CAST(md5(w.id || ':' || e.id) AS uuid), e.account_id, w.id, e.id, e.kind, e.at,
       e.data
       || jsonb_build_object('lead_id', e.lead_id, 'attempt_id', e.attempt_id, 'agent', g.name)
       || CASE WHEN split_part(e.kind, '.', 1) IN ('lead', 'outcome', 'return', 'cadence') THEN jsonb_build_object(
              'external_id', l.external_id, 'source', s.name, 'campaign', c.name,
              'status', CASE WHEN e.kind = 'lead.accepted' THEN 'new' WHEN e.kind = 'lead.refused' THEN 'rejected'
                             WHEN e.kind LIKE 'lead.%' AND e.kind NOT IN ('lead.ringing', 'lead.answered',
                                                                         'lead.touched', 'lead.returned',
                                                                         'lead.erased')
                             THEN split_part(e.kind, '.', 2) ELSE l.state END)
          ELSE '{}' END
       || CASE WHEN e.kind = 'attempt.contact' THEN jsonb_build_object('talk_seconds', a.talk_seconds)
          ELSE '{}' END,
       'pending', :now, :now
  FROM event e
  JOIN webhook w ON w.account_id = e.account_id AND NOT w.removed
  LEFT JOIN agent g ON g.id = e.agent_id
  LEFT JOIN lead l ON l.id = e.lead_id
  LEFT JOIN source s ON s.id = l.source_id
  LEFT JOIN campaign c ON c.id = l.campaign_id
  LEFT JOIN attempt a ON a.id = e.attempt_id
 WHERE e.id = ANY (CAST(:event_ids AS bigint[]))
   AND CASE WHEN CAST(:replay_of AS uuid) IS NOT NULL THEN w.id = CAST(:replay_of AS uuid)
            WHEN e.kind = 'cadence.webhook' THEN e.tx > w.made_tx AND w.name = e.data ->> 'webhook'
            ELSE e.tx > w.made_tx AND (w.events IS NULL OR e.kind = ANY (w.events)) END
   AND (w.source_id IS NULL OR (w.source_id = l.source_id AND NOT l.test))
 ORDER BY e.id
ON CONFLICT (webhook_id, event_id) DO UPDATE
   SET state = 'pending', tries = 0, next_at = excluded.next_at, delivered_at = NULL
 WHERE CAST(:replay_of AS uuid) IS NOT NULL
RETURNING id AS delivery_id, (SELECT w.paused FROM webhook w WHERE w.id = webhook_id) AS held;

-- name: revive_failed
-- Begin anew what was given up.
UPDATE webhook_delivery SET state = 'pending', tries = 0, next_at = :now
 WHERE account_id = :account_id AND webhook_id = :webhook_id AND state = 'failed'
RETURNING id AS delivery_id, (SELECT w.paused FROM webhook w WHERE w.id = webhook_id) AS held;

-- name: end_rest
-- Somebody says that the receiver is well again.
UPDATE webhook SET failures = 0, rest_until = NULL WHERE id = :webhook_id;

-- name: events_to_replay
-- Events of the account: the one that is named, or those of a span that the webhook asks for, oldest first; for a
-- postback, those of its source's leads.
SELECT e.id AS event_id FROM event e
  JOIN webhook w ON w.account_id = e.account_id AND w.id = :webhook_id
 WHERE e.account_id = :account_id
   AND (e.id = CAST(:event_id AS bigint)
        OR (e.at >= CAST(:since AS timestamptz) AND e.at < CAST(:until AS timestamptz)
            AND CASE WHEN e.kind = 'cadence.webhook' THEN w.name = e.data ->> 'webhook'
                     ELSE w.events IS NULL OR e.kind = ANY (w.events) END))
   AND (w.source_id IS NULL
        OR EXISTS (SELECT FROM lead l WHERE l.id = e.lead_id AND l.source_id = w.source_id AND NOT l.test))
 ORDER BY e.id LIMIT :most;

-- name: orphaned_deliveries
-- Deliveries that are due and have no job: held ones of a webhook that goes on, and those whose job was lost.
SELECT d.id AS delivery_id, false AS held
  FROM webhook w
  JOIN webhook_delivery d ON d.webhook_id = w.id AND d.state = 'pending' AND d.next_at <= :now
 WHERE NOT w.paused AND NOT w.removed AND coalesce(w.rest_until <= :now, true)
   AND NOT EXISTS (SELECT FROM pgqueuer j
                    WHERE j.status IN ('queued', 'picked') AND j.dedupe_key = 'webhook:' || d.id)
 ORDER BY d.next_at LIMIT :most;

-- name: hasten_jobs
-- Let jobs that wait for their next try run now.
UPDATE pgqueuer SET execute_after = now()
 WHERE status = 'queued' AND execute_after > now() AND dedupe_key = ANY (CAST(:keys AS text[]));

-- name: delivery_to_make
-- A delivery that still waits, and where it goes; for a postback, with the lead that its templates may speak of.
SELECT d.id AS delivery_id, d.account_id, d.webhook_id, d.kind, d.at, d.data, d.tries, d.next_at,
       w.url, w.request, w.secret, w.paused, w.removed, w.rest_until,
       CASE WHEN l.id IS NOT NULL THEN jsonb_build_object(
           'lead_id', l.id, 'external_id', l.external_id, 'cost', l.cost::text,
           'received_at', to_char(l.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'source', s.name, 'campaign', c.name, 'status', l.state, 'phone', l.phone, 'email', l.email,
           'first_name', l.first_name, 'last_name', l.last_name, 'city', l.city, 'state', l.region,
           'postal_code', l.postal_code, 'attributes', l.attributes) END AS lead
  FROM webhook_delivery d
  JOIN webhook w ON w.account_id = d.account_id AND w.id = d.webhook_id
  LEFT JOIN lead l ON w.source_id IS NOT NULL AND l.account_id = d.account_id AND l.id = CAST(d.data ->> 'lead_id' AS uuid)
  LEFT JOIN source s ON s.account_id = l.account_id AND s.id = l.source_id
  LEFT JOIN campaign c ON c.account_id = l.account_id AND c.id = l.campaign_id
 WHERE d.id = :delivery_id AND d.state = 'pending';

-- name: begin_try
-- Count a try before it is made, and push the delivery ahead: one that kills its worker is counted, and comes back
-- later; a job that runs twice at once finds it taken.
UPDATE webhook_delivery SET tries = tries + 1, tried_at = :now, next_at = :ahead
 WHERE id = :delivery_id AND state = 'pending' AND next_at <= :now RETURNING tries;

-- name: record_delivered
-- The receiver has it. A webhook that had failed is well again.
WITH well AS (
    UPDATE webhook SET failures = 0, rest_until = NULL WHERE id = :webhook_id AND failures > 0
)
UPDATE webhook_delivery
   SET state = 'delivered', last_status = :status, last_error = NULL, next_at = NULL, delivered_at = :now
 WHERE id = :delivery_id AND state <> 'delivered';

-- name: record_failed_try
-- The try failed: when the next one is, or none and it is given up. A receiver that keeps failing gets a rest, so
-- that its deliveries do not keep others' waiting.
WITH ill AS (
    UPDATE webhook
       SET failures = failures + 1,
           rest_until = CASE WHEN failures >= CAST(:patience AS integer)
                             THEN CAST(:now AS timestamptz)
                                  + least(power(2, least(failures - :patience, 10)), 300) * interval '1 second'
                             ELSE rest_until END
     WHERE id = :webhook_id
)
UPDATE webhook_delivery
   SET last_status = :status, last_error = :error, next_at = :next_at,
       state = CASE WHEN CAST(:next_at AS timestamptz) IS NULL THEN 'failed' ELSE 'pending' END
 WHERE id = :delivery_id AND state = 'pending';

-- name: pause_webhook
UPDATE webhook SET paused = true, paused_why = :why WHERE id = :webhook_id AND NOT paused;

-- name: deliveries_of_webhook
-- A page of deliveries, latest event first.
SELECT id AS delivery_id, event_id, kind, at, state, tries, last_status, last_error, next_at, delivered_at
  FROM webhook_delivery
 WHERE account_id = :account_id AND webhook_id = :webhook_id
   AND (CAST(:state AS text) IS NULL OR state = CAST(:state AS text))
   AND (CAST(:before AS bigint) IS NULL OR event_id < CAST(:before AS bigint))
 ORDER BY event_id DESC LIMIT :most;

-- name: prune_deliveries
-- Forget old deliveries, some at a time.
WITH old AS (SELECT id FROM webhook_delivery WHERE created_at < :before LIMIT :most),
gone AS (DELETE FROM webhook_delivery d USING old WHERE d.id = old.id RETURNING d.id)
SELECT count(*) AS count FROM gone;

-- name: prune_job_log
-- Forget what the queue wrote down about its jobs, some at a time: it never does so itself.
WITH old AS (SELECT id FROM pgqueuer_log WHERE created < :before LIMIT :most),
gone AS (DELETE FROM pgqueuer_log g USING old WHERE g.id = old.id RETURNING g.id)
SELECT count(*) AS count FROM gone;
