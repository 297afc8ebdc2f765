-- name: response_bands
-- Leads received in a period and old enough, by how long it took to dial them first (in calendar time, or counting only
-- the time in which they might lawfully have been called while the campaign was open): how many were contacted, and
-- bought. Bands begin at `edges`, in seconds, the first at 0. Leads whose delay was drawn by lot are told apart: `lot`
-- is their arm, by the experiment that is named; the rest of the delayed ones is in none.
WITH wanted AS (
    SELECT l.id, l.received_at,
           CASE WHEN CAST(:experiment AS text) IS NOT NULL THEN l.arms ->> CAST(:experiment AS text) END AS lot
      FROM lead l
     WHERE l.account_id = :account_id AND l.state <> 'rejected' AND NOT l.test AND l.via <> 'call'
       AND l.answer_status > 0 AND l.received_at >= :since AND l.received_at < :until
       AND (CAST(:campaign AS text) IS NULL
            OR l.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))
       AND (CAST(:source AS text) IS NULL
            OR l.source_id = (SELECT id FROM source WHERE account_id = :account_id AND name = :source))
       AND (l.arms IS NULL OR CAST(:experiment AS text) IS NOT NULL OR NOT (l.arms ?| CAST(:lots AS text[])))
       AND (CAST(:experiment AS text) IS NULL OR l.arms ? CAST(:experiment AS text))
), called AS (
    SELECT w.id, w.lot, bool_or(t.contact) AS contacted,
           CASE WHEN :permitted
                THEN (array_agg(t.permitted_wait + extract(epoch FROM t.requested_at - t.permitted_at)::double precision
                                ORDER BY t.number) FILTER (WHERE t.requested_at IS NOT NULL AND t.channel = 'call'))[1]
                ELSE extract(epoch FROM min(t.requested_at) FILTER (WHERE t.channel = 'call') - w.received_at)
                     ::double precision END AS took
      FROM wanted w JOIN attempt t ON t.lead_id = w.id AND t.direction = 'outbound'
     GROUP BY w.id, w.lot, w.received_at
)
SELECT coalesce(c.lot, '') AS lot, width_bucket(greatest(c.took, 0), CAST(:edges AS double precision[])) AS band,
       count(*) AS leads, count(*) FILTER (WHERE c.contacted) AS contacted,
       count(*) FILTER (WHERE EXISTS (SELECT FROM outcome o WHERE o.lead_id = c.id AND o.kind = 'sale')) AS sold,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY c.took) AS median
  FROM called c WHERE c.took IS NOT NULL
 GROUP BY 1, 2 ORDER BY 1, 2;
