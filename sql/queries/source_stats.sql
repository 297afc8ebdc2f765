-- name: source_stats
-- What the leads received in a period were, what they cost and what they brought: a row a source, or a row a source and
-- day of the account's zone. Everything that became of these leads counts, whenever it happened. A lead that was
-- credited back is accepted and contacted as it was, but costs nothing and brings nothing. Touches count by when and
-- where they came. Sources without a lead have a row too, unless they were removed or days were asked for.
WITH wanted AS (
    SELECT l.id, l.source_id, l.state <> 'rejected' AS accepted, l.refusal, l.cost,
           CASE WHEN CAST(:by_day AS boolean)
                THEN to_char(l.received_at AT TIME ZONE a.timezone, 'YYYY-MM-DD') ELSE '' END AS day
      FROM lead l JOIN account a ON a.id = l.account_id
     WHERE l.account_id = :account_id AND NOT l.test
       AND l.answer_status > 0 AND l.received_at >= :since AND l.received_at < :until
       AND (CAST(:campaign AS text) IS NULL
            OR l.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))
       AND (CAST(:source AS text) IS NULL
            OR l.source_id = (SELECT id FROM source WHERE account_id = :account_id AND name = :source))
), called AS (
    SELECT w.id, bool_or(t.requested_at IS NOT NULL) AS dialled, bool_or(t.contact) AS contacted
      FROM wanted w JOIN attempt t ON t.lead_id = w.id AND t.channel = 'call' GROUP BY w.id
), reported AS (
    SELECT w.id, bool_or(o.kind = 'appointment') AS appointment, bool_or(o.kind = 'quote') AS quote,
           bool_or(o.kind = 'sale') AS sale, sum(o.value) FILTER (WHERE o.kind = 'sale') AS revenue
      FROM wanted w JOIN outcome o ON o.lead_id = w.id GROUP BY w.id
), told AS (
    SELECT w.*, c.dialled, c.contacted, r.appointment, r.quote, r.sale, r.revenue, k.state AS claim, k.amount,
           w.accepted AND k.state IS DISTINCT FROM 'credited' AS kept
      FROM wanted w
      LEFT JOIN called c ON c.id = w.id
      LEFT JOIN reported r ON r.id = w.id
      LEFT JOIN return_claim k ON k.lead_id = w.id AND k.state <> 'withdrawn'
), counted AS (
    SELECT source_id, day, count(*) AS received, count(*) FILTER (WHERE accepted) AS accepted,
           count(*) FILTER (WHERE dialled) AS dialled, count(*) FILTER (WHERE contacted) AS contacted,
           count(*) FILTER (WHERE kept AND appointment) AS appointments, count(*) FILTER (WHERE kept AND quote) AS quotes,
           count(*) FILTER (WHERE kept AND sale) AS sales, sum(revenue) FILTER (WHERE kept) AS revenue,
           count(claim) AS claimed, sum(amount) AS claimed_amount,
           count(*) FILTER (WHERE claim IN ('prepared', 'sent')) AS undecided,
           sum(amount) FILTER (WHERE claim IN ('prepared', 'sent')) AS undecided_amount,
           count(*) FILTER (WHERE claim = 'credited') AS credited,
           sum(amount) FILTER (WHERE claim = 'credited') AS credited_amount,
           sum(cost) FILTER (WHERE accepted) AS cost, count(*) FILTER (WHERE accepted AND cost IS NULL) AS unpriced,
           count(*) FILTER (WHERE kept) AS net_leads, count(*) FILTER (WHERE kept AND contacted) AS net_contacted
      FROM told GROUP BY source_id, day
), refused AS (
    SELECT source_id, day, jsonb_object_agg(refusal, leads) AS reasons
      FROM (SELECT source_id, day, coalesce(refusal, 'unknown') AS refusal, count(*) AS leads
              FROM wanted WHERE NOT accepted GROUP BY 1, 2, 3) r
     GROUP BY source_id, day
), touched AS (
    SELECT t.source_id, count(*) AS touches,
           CASE WHEN CAST(:by_day AS boolean)
                THEN to_char(t.received_at AT TIME ZONE a.timezone, 'YYYY-MM-DD') ELSE '' END AS day
      FROM source s
      JOIN account a ON a.id = s.account_id
      JOIN lead_touch t ON t.source_id = s.id AND t.received_at >= :since AND t.received_at < :until
      JOIN lead l ON l.id = t.lead_id AND NOT l.test
     WHERE s.account_id = :account_id AND (CAST(:source AS text) IS NULL OR s.name = :source)
       AND (CAST(:campaign AS text) IS NULL
            OR l.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))
     GROUP BY t.source_id, 3
), called_in AS (
    SELECT i.source_id, count(*) AS calls, count(*) FILTER (WHERE i.outcome = 'talk') AS talked,
           count(*) FILTER (WHERE i.outcome = 'missed') AS missed,
           count(*) FILTER (WHERE i.outcome = 'voicemail') AS messages,
           count(*) FILTER (WHERE i.billable) AS billable, sum(i.price) AS call_cost,
           CASE WHEN CAST(:by_day AS boolean)
                THEN to_char(i.received_at AT TIME ZONE a.timezone, 'YYYY-MM-DD') ELSE '' END AS day
      FROM source s
      JOIN account a ON a.id = s.account_id
      JOIN inbound_call i ON i.source_id = s.id AND i.received_at >= :since AND i.received_at < :until
      JOIN attempt t ON t.id = i.attempt_id
     WHERE s.account_id = :account_id AND (CAST(:source AS text) IS NULL OR s.name = :source)
       AND (CAST(:campaign AS text) IS NULL
            OR t.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))
     GROUP BY i.source_id, 8
), place AS (
    SELECT source_id, day FROM counted UNION SELECT source_id, day FROM touched
    UNION SELECT source_id, day FROM called_in
)
SELECT s.name AS source, CASE WHEN s.settings ? 'call' OR s.built_in THEN 'call' ELSE 'form' END AS kind, nullif(p.day, '') AS day,
       coalesce(n.received, 0) AS received, coalesce(n.accepted, 0) AS accepted,
       coalesce(r.reasons, '{}') AS refused, coalesce(t.touches, 0) AS touches,
       coalesce(n.dialled, 0) AS dialled, coalesce(n.contacted, 0) AS contacted,
       coalesce(n.appointments, 0) AS appointments, coalesce(n.quotes, 0) AS quotes, coalesce(n.sales, 0) AS sales,
       coalesce(n.revenue, 0) AS revenue,
       coalesce(n.claimed, 0) AS claimed, coalesce(n.claimed_amount, 0) AS claimed_amount,
       coalesce(n.undecided, 0) AS undecided, coalesce(n.undecided_amount, 0) AS undecided_amount,
       coalesce(n.credited, 0) AS credited, coalesce(n.credited_amount, 0) AS credited_amount,
       coalesce(n.cost, 0) AS cost, coalesce(n.unpriced, 0) AS unpriced,
       coalesce(n.net_leads, 0) AS net_leads, coalesce(n.net_contacted, 0) AS net_contacted,
       coalesce(i.calls, 0) AS calls, coalesce(i.talked, 0) AS talked, coalesce(i.missed, 0) AS missed,
       coalesce(i.messages, 0) AS messages, coalesce(i.billable, 0) AS billable,
       coalesce(i.call_cost, 0) AS call_cost
  FROM source s
  JOIN campaign c ON c.id = s.campaign_id
  LEFT JOIN place p ON p.source_id = s.id
  LEFT JOIN counted n ON n.source_id = p.source_id AND n.day = p.day
  LEFT JOIN refused r ON r.source_id = p.source_id AND r.day = p.day
  LEFT JOIN touched t ON t.source_id = p.source_id AND t.day = p.day
  LEFT JOIN called_in i ON i.source_id = p.source_id AND i.day = p.day
 WHERE s.account_id = :account_id AND (CAST(:source AS text) IS NULL OR s.name = :source)
   AND (p.source_id IS NOT NULL
        OR NOT CAST(:by_day AS boolean) AND NOT s.removed AND (CAST(:campaign AS text) IS NULL OR c.name = :campaign))
 ORDER BY s.name, p.day;
