-- name: sightings
-- How often each mark was seen since its own moment. Counting stops at what is asked: the leads of a whole mail domain
-- may share one mark.
SELECT w.kind, (SELECT count(*) FROM (SELECT FROM sighting
                                       WHERE mark = w.mark AND account_id = :account_id AND at >= w.since
                                       LIMIT w.most) s) AS seen
  FROM unnest(CAST(:kinds AS text[]), CAST(:marks AS bytea[]), CAST(:sinces AS timestamptz[]),
              CAST(:mosts AS integer[])) AS w (kind, mark, since, most);

-- name: forget_sightings
-- Sightings older than any window.
DELETE FROM sighting WHERE at < :before;

-- name: source_histories
-- What became of an account's accepted leads since a moment, by source; a source without any has no row.
SELECT source_id, count(*) AS accepted, count(*) FILTER (WHERE state IN ('contacted', 'converted')) AS contacted,
       count(*) FILTER (WHERE state = 'converted') AS sold
  FROM lead
 WHERE account_id = :account_id AND received_at >= :since AND answer_status = 202 AND NOT test
 GROUP BY source_id;

-- name: keep_source_post
-- Keep a post that left no lead.
INSERT INTO source_post (account_id, source_id, via, received_at, took_ms, status, code, detail, fields, content_type,
                         body)
VALUES (:account_id, :source_id, :via, :received_at, :took_ms, :status, :code, :detail, :fields, :content_type, :body);

-- name: forget_source_posts
-- Unreadable posts that are old.
DELETE FROM source_post WHERE received_at < :before;

-- name: source_for_connector
-- A source by its id, as a connector's address names it.
SELECT s.account_id, s.id AS source_id, s.settings AS source_settings, s.version AS source_version,
       s.paused OR s.guard_pause IS NOT NULL OR s.removed OR c.paused OR c.removed AS paused,
       s.guard_pause AS pause_reason,
       c.id AS campaign_id, c.settings AS campaign_settings, c.version AS campaign_version
  FROM source s
  JOIN campaign c ON c.account_id = s.account_id AND c.id = s.campaign_id
 WHERE s.id = :source_id AND NOT s.removed;

-- name: source_by_name
-- A source of an account by its name.
SELECT s.account_id, s.id AS source_id, s.settings AS source_settings, s.version AS source_version,
       s.paused OR s.guard_pause IS NOT NULL OR s.removed OR c.paused OR c.removed AS paused,
       s.guard_pause AS pause_reason,
       c.id AS campaign_id, c.settings AS campaign_settings, c.version AS campaign_version
  FROM source s
  JOIN campaign c ON c.account_id = s.account_id AND c.id = s.campaign_id
 WHERE s.account_id = :account_id AND s.name = :name AND NOT s.removed;

-- name: sources_overview
-- An account's sources with the last day's posts. since_id is the oldest id that was made since then.
WITH touched AS (
    SELECT source_id, count(*) AS posts FROM lead_touch
     WHERE id >= :since_id AND account_id = :account_id AND received_at >= :since GROUP BY source_id
)
SELECT s.id AS source_id, s.name, c.name AS campaign, s.paused, s.guard_pause, c.paused OR c.removed AS campaign_paused,
       s.settings #>> '{connection,connector}' AS connector,
       (SELECT count(*) FROM lead l WHERE l.source_id = s.id AND l.received_at >= :since AND l.answer_status = 202)
           + coalesce(t.posts, 0) AS accepted,
       (SELECT count(*) FROM lead l WHERE l.source_id = s.id AND l.received_at >= :since AND l.answer_status > 202)
           AS refused,
       (SELECT count(*) FROM source_post p WHERE p.source_id = s.id AND p.received_at >= :since) AS unreadable,
       (SELECT max(l.received_at) FROM lead l WHERE l.source_id = s.id) AS last_lead_at
  FROM source s
  JOIN campaign c ON c.account_id = s.account_id AND c.id = s.campaign_id
  LEFT JOIN touched t ON t.source_id = s.id
 WHERE s.account_id = :account_id AND NOT s.removed
 ORDER BY s.name;

-- name: source_in_full
-- A source as it is configured, with the hints of its keys.
SELECT s.id AS source_id, s.name, s.paused, s.guard_pause, s.version, s.settings, s.said, c.id AS campaign_id,
       c.name AS campaign, c.paused OR c.removed AS campaign_paused,
       ARRAY(SELECT k.hint FROM api_key k WHERE k.source_id = s.id AND k.revoked_at IS NULL ORDER BY k.created_at)
           AS key_hints
  FROM source s JOIN campaign c ON c.account_id = s.account_id AND c.id = s.campaign_id
 WHERE s.account_id = :account_id AND s.name = :name AND NOT s.removed;

-- name: posts_of_source
-- A source's last posts since a moment, whatever became of them, newest first; or only those that failed.
(SELECT l.id::text AS post_id, CASE l.answer_status WHEN 202 THEN 'accepted' ELSE 'refused' END AS verdict,
        l.received_at, l.via, l.answer_status AS status, l.refusal AS code, l.answer ->> 'detail' AS detail,
        CAST(extract(epoch FROM l.committed_at - l.received_at) * 1000 AS double precision) AS took_ms, l.score, l.test
   FROM lead l
  WHERE l.account_id = :account_id AND l.source_id = :source_id AND l.received_at >= :since AND l.answer_status > 0
    AND (NOT :failures OR l.answer_status > 202)
  ORDER BY l.received_at DESC, l.id DESC LIMIT :most)
UNION ALL
(SELECT t.id::text, 'touched', t.received_at, NULL, t.answer_status, NULL, NULL, NULL, NULL, false
   FROM lead_touch t
  WHERE t.id >= :since_id AND t.account_id = :account_id AND t.source_id = :source_id AND t.received_at >= :since
    AND NOT :failures
  ORDER BY t.received_at DESC LIMIT :most)
UNION ALL
(SELECT p.id::text, 'unreadable', p.received_at, p.via, p.status, p.code, p.detail, p.took_ms, NULL, false
   FROM source_post p
  WHERE p.account_id = :account_id AND p.source_id = :source_id AND p.received_at >= :since
  ORDER BY p.id DESC LIMIT :most)
ORDER BY received_at DESC, post_id DESC LIMIT :most;

-- name: post_of_source
-- One post of a source, by the id of what it left: a lead, a touch of one, or the post itself.
SELECT l.id::text AS post_id, CASE l.answer_status WHEN 202 THEN 'accepted' ELSE 'refused' END AS verdict,
       l.id AS lead_id, l.received_at, l.via, l.answer_status AS status, l.refusal AS code,
       l.answer ->> 'detail' AS detail,
       CAST(extract(epoch FROM l.committed_at - l.received_at) * 1000 AS double precision) AS took_ms,
       l.score, l.score_parts, findings_in_full(l.findings, f.entries, l.mail_finding) AS findings, l.test, l.raw_type AS content_type, l.raw_body AS body, '{}'::text[] AS fields
  FROM lead l LEFT JOIN finding_shape f ON f.digest = l.finding_shape AND f.account_id = l.account_id
 WHERE l.id = CAST(:stored_id AS uuid) AND l.account_id = :account_id AND l.source_id = :source_id
UNION ALL
SELECT t.id::text, 'touched', t.lead_id, t.received_at, NULL, t.answer_status, NULL, NULL, NULL, NULL, '[]'::jsonb,
       '[]'::jsonb, false, t.raw_type, t.raw_body, '{}'::text[]
  FROM lead_touch t
 WHERE t.id = CAST(:stored_id AS uuid) AND t.account_id = :account_id AND t.source_id = :source_id
UNION ALL
SELECT p.id::text, 'unreadable', NULL, p.received_at, p.via, p.status, p.code, p.detail, p.took_ms, NULL, '[]'::jsonb,
       '[]'::jsonb, false, p.content_type, p.body, p.fields
  FROM source_post p
 WHERE p.id = CAST(:unread_id AS bigint) AND p.account_id = :account_id AND p.source_id = :source_id;
