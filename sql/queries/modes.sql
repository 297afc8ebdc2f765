-- name: talk_by_mode
-- From the answer to the talk, by how the call was dialled: calls that we made to leads received in a period, people
-- who answered them, those of them who talked with an agent, and for these the seconds between the two.
SELECT t.mode, count(*) AS calls, count(t.answered_at) FILTER (WHERE t.state <> 'machine') AS answered,
       count(v.took) AS talked,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY v.took) AS p50,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY v.took) AS p90
  FROM lead l
  JOIN attempt t ON t.lead_id = l.id AND t.direction = 'outbound' AND t.channel = 'call'
       AND t.requested_at IS NOT NULL AND t.mode IS NOT NULL
 CROSS JOIN LATERAL (SELECT CASE WHEN t.state <> 'machine'
                                 THEN CAST(extract(epoch FROM t.bridged_at - t.answered_at) AS double precision)
                            END AS took) v
 WHERE l.account_id = :account_id AND NOT l.test
   AND l.answer_status > 0 AND l.received_at >= :since AND l.received_at < :until
   AND (CAST(:campaign AS text) IS NULL
        OR l.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))
   AND (CAST(:source AS text) IS NULL
        OR l.source_id = (SELECT id FROM source WHERE account_id = :account_id AND name = :source))
   AND (CAST(:source_id AS uuid) IS NULL OR l.source_id = :source_id)
 GROUP BY t.mode ORDER BY t.mode;
