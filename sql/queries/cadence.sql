-- name: course_of_lead
-- What planning looks at: where the lead is, the steps behind it, and what has happened to it; the lead is locked.
SELECT l.id AS lead_id, l.account_id, l.campaign_id, l.source_id, l.state, l.received_at, l.candidates, l.region, l.postal_code,
       l.attributes, l.score, l.via, l.arms, s.name AS source_name, coalesce((s.settings ->> 'exclusive')::boolean, false) AS exclusive,
       coalesce(l.cadence_version, c.version) AS version,
       (SELECT coalesce(max(number), 0) FROM attempt WHERE lead_id = l.id AND direction = 'outbound') AS last_number,
       EXISTS (SELECT FROM attempt WHERE lead_id = l.id AND state = 'scheduled') AS planned,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(a.step, a.channel,
                            CASE WHEN a.state = 'connected' AND NOT a.contact THEN 'short_talk' ELSE a.state END,
                            a.ended_at) ORDER BY a.number), '[]')
          FROM attempt a
         WHERE a.lead_id = l.id AND a.origin = 'cadence' AND a.ended_at IS NOT NULL
           AND (a.state <> 'cancelled' OR a.requested_at IS NOT NULL)) AS made,
       EXISTS (SELECT FROM attempt WHERE lead_id = l.id AND contact) AS contacted,
       EXISTS (SELECT FROM inbound_text t
                WHERE t.account_id = l.account_id AND t.from_phone = l.phone AND t.kind = 'none' AND t.wish IS NULL
                  AND t.received_at >= l.received_at)
       OR EXISTS (SELECT FROM mail_event e WHERE e.lead_id = l.id AND e.kind = 'replied' AND e.read_as = 'none')
       AS replied,
       EXISTS (SELECT FROM inbound_text t WHERE t.lead_id = l.id AND t.kind = 'wrong_number') AS wrong_number,
       EXISTS (SELECT FROM lead n
                WHERE n.account_id = l.account_id AND n.phone = l.phone AND n.id <> l.id
                  AND n.received_at > l.received_at AND n.state IN ('new', 'working')) AS newer_lead,
       ARRAY(SELECT DISTINCT kind FROM outcome WHERE lead_id = l.id) AS outcomes
  FROM lead l
  JOIN campaign c ON c.id = l.campaign_id
  JOIN source s ON s.id = l.source_id
 WHERE l.id = :lead_id AND l.account_id = :account_id
   FOR NO KEY UPDATE OF l;

-- name: campaign_at_version
-- What a campaign was at one version.
SELECT settings, version FROM campaign_version
 WHERE account_id = :account_id AND campaign_id = :campaign_id AND version = :version;

-- name: plan_attempt
-- The next attempt of a lead; nothing where the number is taken.
INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, lead_received_at,
                     rank_at, cadence_version, timed_by)
SELECT :attempt_id, account_id, id, campaign_id, :number, :step, :channel, 'scheduled', :due_at, received_at,
       :rank_at, :version, :timed_by
  FROM lead WHERE id = :lead_id AND account_id = :account_id
ON CONFLICT DO NOTHING
RETURNING id;

-- name: keep_to_cadence
-- Leads under way go on by the version that they began with, unless they keep to one already.
WITH kept AS (
    UPDATE lead SET cadence_version = :version
     WHERE account_id = :account_id AND campaign_id = :campaign_id AND cadence_version IS NULL
       AND state IN ('new', 'working', 'contacted')
    RETURNING id
)
SELECT count(*) AS leads FROM kept;

-- name: follow_present_cadence
-- Leads under way change to the present version; what they wait for is planned anew by whoever looks next.
WITH changed AS (
    UPDATE lead SET cadence_version = NULL
     WHERE account_id = :account_id AND campaign_id = :campaign_id AND cadence_version IS NOT NULL
       AND state IN ('new', 'working', 'contacted')
    RETURNING id
)
UPDATE campaign SET replan_version = version
 WHERE account_id = :account_id AND id = :campaign_id AND (:always OR EXISTS (SELECT FROM changed))
RETURNING (SELECT count(*) FROM changed) AS leads;

-- name: to_replan
-- Attempts that a lead waits for by an older cadence than it follows, in one order; taken by one at a time.
SELECT a.id AS attempt_id, a.lead_id, a.account_id FROM campaign c
  JOIN attempt a ON a.campaign_id = c.id
  JOIN lead l ON l.id = a.lead_id
 WHERE c.replan_version IS NOT NULL AND a.state = 'scheduled' AND a.origin = 'cadence' AND a.number > 1
   AND a.cadence_version < c.replan_version AND l.cadence_version IS NULL
 ORDER BY a.id LIMIT :most FOR NO KEY UPDATE OF a SKIP LOCKED;

-- name: replanned
-- No attempt of an older cadence is left.
UPDATE campaign c SET replan_version = NULL
 WHERE replan_version IS NOT NULL
   AND NOT EXISTS (SELECT FROM attempt a JOIN lead l ON l.id = a.lead_id
                    WHERE a.campaign_id = c.id AND a.state = 'scheduled' AND a.origin = 'cadence' AND a.number > 1
                      AND a.cadence_version < c.replan_version AND l.cadence_version IS NULL);

-- name: withdraw_planned
-- An attempt that is planned anew.
UPDATE attempt SET state = 'cancelled', ended_at = :now, note = :note
 WHERE id = :attempt_id AND state = 'scheduled'
RETURNING id;

-- name: hold_planned
-- What a lead's cadence waits for, locked in one order.
SELECT id AS attempt_id, step FROM attempt
 WHERE lead_id = :lead_id AND account_id = :account_id AND state = 'scheduled' AND origin = 'cadence'
 ORDER BY id FOR NO KEY UPDATE;
