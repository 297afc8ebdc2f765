-- name: guarded_sources
-- The sources that take leads, of all accounts: what is paused is not looked at.
SELECT s.id AS source_id
  FROM source s JOIN campaign c ON c.account_id = s.account_id AND c.id = s.campaign_id
 WHERE NOT s.removed AND NOT s.paused AND s.guard_pause IS NULL AND NOT c.paused AND NOT c.removed
 ORDER BY s.id;

-- name: hold_guarded_source
-- One of them, held until the transaction ends; nothing where another node looks at it, or it was paused meanwhile.
SELECT s.account_id, s.id AS source_id, s.name, s.settings, s.version
  FROM source s
 WHERE s.id = :source_id AND NOT s.removed AND NOT s.paused AND s.guard_pause IS NULL
   FOR NO KEY UPDATE SKIP LOCKED;

-- name: open_alerts_of_source
SELECT id AS alert_id, rate, opened_at, facts FROM source_alert WHERE source_id = :source_id AND ended_at IS NULL;

-- name: contact_counts
-- Accepted leads, the recent ones and those before them, and how many were contacted. Counted up to the first lead
-- that may still be reached: were those counted that are over before it, the reached ones among them would be too
-- many, since they are over first. Leads of an earlier alert are nobody's usual.
WITH waiting AS (
    SELECT coalesce(min(received_at), 'infinity') AS at FROM lead
     WHERE source_id = :source_id AND received_at >= :settled_before AND answer_status = 202 AND NOT test
       AND state IN ('new', 'working')
), settled AS (
    SELECT id, received_at, state FROM lead
     WHERE source_id = :source_id AND received_at >= :since AND received_at < (SELECT at FROM waiting)
       AND answer_status = 202 AND NOT test
     ORDER BY received_at DESC, id DESC LIMIT :most
), placed AS (
    SELECT l.received_at, l.state IN ('contacted', 'converted') AS hit,
           row_number() OVER (ORDER BY l.received_at DESC, l.id DESC) <= :recent AS recent,
           EXISTS (SELECT FROM source_alert a
                    WHERE a.source_id = :source_id AND a.rate = 'contact'
                      AND l.received_at >= a.began_at AND l.received_at < a.ended_at) AS alerted
      FROM settled l
)
SELECT 'contact' AS rate,
       count(*) FILTER (WHERE recent) AS recent_leads,
       count(*) FILTER (WHERE recent AND hit) AS recent_hits,
       count(*) FILTER (WHERE NOT recent AND NOT alerted) AS baseline_leads,
       count(*) FILTER (WHERE NOT recent AND NOT alerted AND hit) AS baseline_hits,
       min(received_at) FILTER (WHERE recent) AS began_at
  FROM placed;

-- name: post_counts
-- Posts, touches among them, the recent ones and those before them, and how many were invalid, how many duplicates.
-- What came while the source was paused does not count: bad phones are still found then, and duplicates are not. A
-- pause is known by its refusals: it lasts from the first of them to the next post that got further.
WITH posts AS (
    (SELECT id, received_at, refusal, false AS touch FROM lead
      WHERE source_id = :source_id AND received_at >= :since AND answer_status > 0 AND NOT test
      ORDER BY received_at DESC, id DESC LIMIT :scanned)
    UNION ALL
    (SELECT id, received_at, NULL, true FROM lead_touch
      WHERE source_id = :source_id AND received_at >= :since
      ORDER BY received_at DESC, id DESC LIMIT :scanned)
), marked AS (
    SELECT *, CASE WHEN refusal = 'source_paused' THEN true
                   WHEN refusal IS NULL OR refusal IN ('duplicate', 'over_cap', 'suppressed') THEN false END AS mark
      FROM posts
), runs AS (
    SELECT *, count(mark) OVER (ORDER BY received_at, id) AS run FROM marked
), judged AS (
    SELECT *, coalesce(bool_or(mark) OVER (PARTITION BY run), false) AS paused FROM runs
), placed AS (
    SELECT received_at, coalesce(refusal = ANY (CAST(:invalid AS text[])), false) AS invalid,
           touch OR coalesce(refusal = 'duplicate', false) AS duplicate,
           row_number() OVER (ORDER BY received_at DESC, id DESC) AS place
      FROM judged WHERE NOT paused
), by_rate AS (
    SELECT r.rate, p.received_at, CASE r.rate WHEN 'invalid' THEN p.invalid ELSE p.duplicate END AS hit,
           p.place <= :recent AS recent,
           EXISTS (SELECT FROM source_alert a
                    WHERE a.source_id = :source_id AND a.rate = r.rate
                      AND p.received_at >= a.began_at AND p.received_at < a.ended_at) AS alerted
      FROM (VALUES ('invalid'), ('duplicate')) AS r (rate) JOIN placed p ON p.place <= :most
)
SELECT rate,
       count(*) FILTER (WHERE recent) AS recent_leads,
       count(*) FILTER (WHERE recent AND hit) AS recent_hits,
       count(*) FILTER (WHERE NOT recent AND NOT alerted) AS baseline_leads,
       count(*) FILTER (WHERE NOT recent AND NOT alerted AND hit) AS baseline_hits,
       min(received_at) FILTER (WHERE recent) AS began_at
  FROM by_rate GROUP BY rate;

-- name: add_alert
-- Nothing is returned where this rate has an open alert already.
INSERT INTO source_alert (id, account_id, source_id, rate, began_at, opened_at, words, facts, paused)
VALUES (:alert_id, :account_id, :source_id, :rate, :began_at, :now, :words, :facts, :paused)
ON CONFLICT (source_id, rate) WHERE ended_at IS NULL DO NOTHING
RETURNING id;

-- name: end_alert
UPDATE source_alert SET ended_at = :now WHERE id = :alert_id AND ended_at IS NULL RETURNING id;

-- name: pause_by_guard
UPDATE source SET guard_pause = :words WHERE id = :source_id;

-- name: lift_guard_pause
-- Nothing is returned where the guard had not paused it.
UPDATE source SET guard_pause = NULL
 WHERE account_id = :account_id AND id = :source_id AND guard_pause IS NOT NULL
RETURNING id;

-- name: acknowledge_alert
-- Nothing is returned where there is no such alert, or it was acknowledged before.
UPDATE source_alert a SET acknowledged_at = :now, acknowledged_by = :by
  FROM source s
 WHERE a.account_id = :account_id AND a.id = :alert_id AND a.acknowledged_at IS NULL
   AND s.account_id = a.account_id AND s.id = a.source_id
RETURNING s.name AS source, a.rate, a.words;

-- name: source_alerts
-- An account's alerts, newest first; the open ones, or all; those of a source; or one, by its id.
SELECT a.id AS alert_id, s.name AS source, a.rate, a.opened_at, a.ended_at, a.words, a.facts, a.paused,
       s.guard_pause IS NOT NULL AS source_paused, a.acknowledged_at, a.acknowledged_by
  FROM source_alert a JOIN source s ON s.account_id = a.account_id AND s.id = a.source_id
 WHERE a.account_id = :account_id AND (:ended OR (a.ended_at IS NULL AND NOT s.removed))
   AND (CAST(:source AS text) IS NULL OR s.name = :source)
   AND (CAST(:alert_id AS uuid) IS NULL OR a.id = :alert_id)
 ORDER BY a.id DESC LIMIT :most;
