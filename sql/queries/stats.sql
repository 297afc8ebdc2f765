-- name: speed
-- Times to the first dial, ring, human answer and bridge of the leads accepted in a period, with shares.
-- Denominators: leads accepted (accepted), and how many of them have got that far (counted).
WITH accepted AS (
    SELECT l.id, l.received_at, l.committed_at, l.source_id, l.campaign_id
      FROM lead l
     WHERE l.account_id = :account_id AND l.state <> 'rejected' AND NOT l.test AND l.via <> 'call'
       AND l.answer_status > 0 AND l.received_at >= :since AND l.received_at < :until
       AND (CAST(:campaign AS text) IS NULL
            OR l.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))
       AND (CAST(:source AS text) IS NULL
            OR l.source_id = (SELECT id FROM source WHERE account_id = :account_id AND name = :source))
       AND (CAST(:source_id AS uuid) IS NULL OR l.source_id = :source_id)
), measured AS (
    SELECT CASE :group_by WHEN 'source' THEN s.name WHEN 'campaign' THEN c.name
                          WHEN 'day' THEN to_char(l.received_at AT TIME ZONE a.timezone, 'YYYY-MM-DD')
                          ELSE 'all' END AS grouped,
           f.*
      FROM accepted l
      JOIN source s ON s.id = l.source_id
      JOIN campaign c ON c.id = l.campaign_id
      JOIN account a ON a.id = s.account_id
     CROSS JOIN LATERAL (
        SELECT extract(epoch FROM min(t.requested_at) - l.received_at)::double precision AS to_dial,
               (array_agg(t.permitted_wait ORDER BY t.number) FILTER (WHERE t.requested_at IS NOT NULL))[1]
                 + extract(epoch FROM (array_agg(t.requested_at - t.permitted_at ORDER BY t.number)
                                       FILTER (WHERE t.requested_at IS NOT NULL))[1])::double precision
                 AS to_dial_permitted,
               extract(epoch FROM min(t.ringing_at) - l.received_at)::double precision AS to_ring,
               extract(epoch FROM min(t.answered_at) FILTER (WHERE t.state <> 'machine') - l.received_at)
                 ::double precision AS to_answer,
               extract(epoch FROM min(t.bridged_at) FILTER (WHERE t.contact) - l.received_at)
                 ::double precision AS to_contact
          FROM attempt t WHERE t.lead_id = l.id AND t.direction = 'outbound' AND t.channel = 'call'
     ) f
), long AS (
    SELECT grouped, v.speed, v.seconds
      FROM measured,
           LATERAL (VALUES ('speed_to_dial', to_dial), ('speed_to_dial_permitted', to_dial_permitted),
                           ('speed_to_ring', to_ring), ('speed_to_answer', to_answer),
                           ('speed_to_contact', to_contact)) AS v (speed, seconds)
)
SELECT grouped, speed, count(*) AS accepted, count(seconds) AS counted,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds) AS p99,
       count(*) FILTER (WHERE seconds <= 5) AS within_5s,
       count(*) FILTER (WHERE seconds <= 30) AS within_30s,
       count(*) FILTER (WHERE seconds <= 60) AS within_60s,
       count(*) FILTER (WHERE seconds <= 300) AS within_300s
  FROM long GROUP BY grouped, speed ORDER BY grouped, speed;

-- name: hops
-- The time between each hop and the one before it, over the first attempts of leads accepted in a period.
WITH first_attempt AS (
    SELECT l.received_at, least(l.committed_at, t.claimed_at) AS committed_at, t.claimed_at, t.permitted_at, t.requested_at, t.ringing_at,
           t.answered_at, t.bridged_at
      FROM lead l JOIN attempt t ON t.lead_id = l.id AND t.number = 1 AND t.direction = 'outbound' AND t.channel = 'call'
     WHERE l.account_id = :account_id AND NOT l.test
       AND l.answer_status > 0 AND l.received_at >= :since AND l.received_at < :until
       AND (CAST(:campaign AS text) IS NULL
            OR l.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))
       AND (CAST(:source AS text) IS NULL
            OR l.source_id = (SELECT id FROM source WHERE account_id = :account_id AND name = :source))
       AND (CAST(:source_id AS uuid) IS NULL OR l.source_id = :source_id)
)
SELECT v.hop, count(v.took) AS counted,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY v.took) AS p50,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY v.took) AS p90,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY v.took) AS p99
  FROM first_attempt,
       LATERAL (VALUES
           (1, 'committed', 1000 * extract(epoch FROM committed_at - received_at)::double precision),
           (2, 'claimed', 1000 * extract(epoch FROM claimed_at - coalesce(committed_at, received_at))::double precision),
           (3, 'permitted', 1000 * extract(epoch FROM permitted_at - claimed_at)::double precision),
           (4, 'requested', 1000 * extract(epoch FROM requested_at - permitted_at)::double precision),
           (5, 'ringing', 1000 * extract(epoch FROM ringing_at - requested_at)::double precision),
           (6, 'answered', 1000 * extract(epoch FROM answered_at - ringing_at)::double precision),
           (7, 'bridged', 1000 * extract(epoch FROM bridged_at - answered_at)::double precision)
       ) AS v (place, hop, took)
 GROUP BY v.place, v.hop ORDER BY v.place;

-- name: contact
-- How many leads were received, accepted, dialled, answered by a person and contacted. Voicemail, answers that
-- detection could not tell, and talks under the minimum are counted apart, never as contact.
SELECT CASE :group_by WHEN 'source' THEN s.name WHEN 'campaign' THEN c.name
                      WHEN 'day' THEN to_char(l.received_at AT TIME ZONE a.timezone, 'YYYY-MM-DD')
                      ELSE 'all' END AS grouped,
       count(*) AS received,
       count(*) FILTER (WHERE l.state <> 'rejected') AS accepted,
       count(*) FILTER (WHERE f.dialled > 0) AS dialled,
       count(*) FILTER (WHERE f.contacts > 0) AS contacted,
       count(*) FILTER (WHERE f.contacts > 0 AND f.dialled > 0) AS dialled_contacted,
       count(*) FILTER (WHERE f.contacts = 0 AND f.short_talks > 0) AS short_talk_only,
       count(*) FILTER (WHERE f.contacts = 0 AND f.unclear > 0) AS machine_unknown_only,
       count(*) FILTER (WHERE f.contacts = 0 AND f.machines > 0) AS machine_only,
       coalesce(sum(f.live_answers), 0)::bigint AS live_answers,
       coalesce(sum(f.abandoned), 0)::bigint AS abandoned,
       avg(f.attempts_to_contact)::double precision AS attempts_to_contact
  FROM lead l
  JOIN source s ON s.id = l.source_id
  JOIN campaign c ON c.id = l.campaign_id
  JOIN account a ON a.id = l.account_id
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE t.requested_at IS NOT NULL) AS dialled,
           count(*) FILTER (WHERE t.contact) AS contacts,
           min(t.number) FILTER (WHERE t.contact AND t.direction = 'outbound') AS attempts_to_contact,
           count(*) FILTER (WHERE t.bridged_at IS NOT NULL AND NOT t.contact AND t.state = 'connected'
                              AND t.ended_at IS NOT NULL AND g.answered_by = 'human') AS short_talks,
           count(*) FILTER (WHERE t.bridged_at IS NOT NULL AND NOT t.contact AND t.state = 'connected'
                              AND t.ended_at IS NOT NULL AND g.answered_by IS DISTINCT FROM 'human') AS unclear,
           count(*) FILTER (WHERE t.state = 'machine') AS machines,
           count(*) FILTER (WHERE t.answered_at IS NOT NULL AND t.state <> 'machine' AND t.direction = 'outbound')
             AS live_answers,
           count(*) FILTER (WHERE t.answered_at IS NOT NULL AND t.state <> 'machine' AND t.direction = 'outbound'
                              AND (t.state = 'abandoned' OR t.bridged_at - t.answered_at > interval '2 seconds'))
             AS abandoned
      FROM attempt t
      LEFT JOIN LATERAL (SELECT answered_by FROM leg
                          WHERE attempt_id = t.id AND kind = 'lead' ORDER BY placed_at DESC LIMIT 1) g ON true
     WHERE t.lead_id = l.id AND t.channel = 'call'
 ) f
 WHERE l.account_id = :account_id AND NOT l.test
   AND l.answer_status > 0 AND l.received_at >= :since AND l.received_at < :until
   AND (CAST(:campaign AS text) IS NULL OR c.name = :campaign)
   AND (CAST(:source AS text) IS NULL OR s.name = :source)
   AND (CAST(:source_id AS uuid) IS NULL OR l.source_id = :source_id)
 GROUP BY 1 ORDER BY 1;

-- name: live_counts
-- What is going on this moment.
SELECT count(*) FILTER (WHERE state = 'scheduled' AND due_at <= :now) AS waiting,
       count(*) FILTER (WHERE state = 'scheduled' AND due_at > :now) AS planned,
       count(*) FILTER (WHERE state IN ('claimed', 'dialing') AND ringing_at IS NULL) AS dialing,
       count(*) FILTER (WHERE state = 'dialing' AND ringing_at IS NOT NULL AND direction = 'outbound') AS ringing,
       count(*) FILTER (WHERE state = 'dialing' AND direction = 'inbound') AS calling,
       count(*) FILTER (WHERE state = 'connected' AND ended_at IS NULL) AS talking,
       count(*) FILTER (WHERE state = 'unknown') AS unknown
  FROM attempt
 WHERE account_id = :account_id
   AND (state IN ('scheduled', 'claimed', 'dialing', 'sending', 'unknown') OR (state = 'connected' AND ended_at IS NULL));
