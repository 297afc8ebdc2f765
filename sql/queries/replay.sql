-- name: leads_to_replay
-- Leads of a campaign that came in a span, oldest first, with what was recorded of them: what came of each call and
-- text, and what happened when. Tests and leads that were refused or erased are left out.
SELECT l.id AS lead_id, l.received_at, l.phone, l.candidates, l.region, l.postal_code, l.attributes, l.score, l.arms,
       s.name AS source_name, coalesce((s.settings ->> 'exclusive')::boolean, false) AS exclusive,
       k.channels, k.wording IS NOT NULL AS written, k.seller, coalesce(k.captured_at, k.recorded_at) AS given_at,
       k.certificate,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(a.channel,
                            CASE WHEN a.state = 'connected' AND NOT a.contact THEN 'short_talk' ELSE a.state END,
                            a.contact, extract(epoch FROM a.ended_at - coalesce(a.requested_at, a.permitted_at)))
                            ORDER BY a.number), '[]')
          FROM attempt a
         WHERE a.lead_id = l.id AND a.direction = 'outbound' AND a.ended_at IS NOT NULL
           AND (a.requested_at IS NOT NULL OR a.state NOT IN ('refused', 'expired', 'cancelled'))) AS answers,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(h.kind, h.at)), '[]') FROM (
            SELECT 'outcome:' || o.kind AS kind, o.occurred_at AS at FROM outcome o WHERE o.lead_id = l.id
            UNION ALL
            SELECT 'replied', t.received_at FROM inbound_text t
             WHERE t.account_id = l.account_id AND t.from_phone = l.phone AND t.kind = 'none' AND t.wish IS NULL
               AND t.received_at >= l.received_at
            UNION ALL
            SELECT 'replied', m.at FROM mail_event m
             WHERE m.lead_id = l.id AND m.kind = 'replied' AND m.read_as = 'none'
            UNION ALL
            SELECT e.kind || coalesce('.' || (e.data ->> 'why'), ''), e.at FROM event e
             WHERE e.lead_id = l.id AND e.kind IN ('lead.suppressed', 'lead.closed')
        ) h) AS happened
  FROM lead l
  JOIN source s ON s.id = l.source_id
  JOIN campaign c ON c.id = l.campaign_id
  JOIN consent k ON k.lead_id = l.id
 WHERE l.account_id = :account_id AND c.name = :campaign AND l.received_at >= :since AND l.received_at < :until
   AND l.answer_status > 0 AND l.state <> 'rejected' AND NOT l.test AND l.phone IS NOT NULL
   AND (CAST(:after_at AS timestamptz) IS NULL OR (l.received_at, l.id) > (:after_at, CAST(:after_id AS uuid)))
 ORDER BY l.received_at, l.id LIMIT :most;

-- name: leads_of_span
-- How many leads of a campaign came in a span, and how many of them cannot be replayed.
SELECT count(*) AS leads,
       count(*) FILTER (WHERE l.state = 'rejected') AS refused,
       count(*) FILTER (WHERE l.state <> 'rejected' AND (l.test OR l.phone IS NULL)) AS left_out
  FROM lead l JOIN campaign c ON c.id = l.campaign_id
 WHERE l.account_id = :account_id AND c.name = :campaign AND l.received_at >= :since AND l.received_at < :until
   AND l.answer_status > 0;
