-- name: calls_by_hour
-- Calls that were made, by the day and hour of the account's zone in which they were due (a first call of the night is
-- due at opening), and how many came to a contact. `first`: the lead's first; `again`: those after it; `inbound`:
-- people who called us.
SELECT CAST(c.there AS date) AS day, CAST(extract(hour FROM c.there) AS integer) AS hour, c.kind,
       count(*) AS calls, count(*) FILTER (WHERE c.contact) AS reached
  FROM (SELECT t.due_at AT TIME ZONE a.timezone AS there, t.contact,
               CASE WHEN t.direction = 'inbound' THEN 'inbound' WHEN t.number = 1 THEN 'first' ELSE 'again' END AS kind
          FROM lead l
          JOIN account a ON a.id = l.account_id
          JOIN attempt t ON t.lead_id = l.id
         WHERE l.account_id = :account_id AND NOT l.test AND l.answer_status > 0
           AND l.received_at >= CAST(:since AS timestamptz) - interval '30 days'
           AND t.channel = 'call' AND t.due_at >= :since AND t.due_at < :until
           AND (t.requested_at IS NOT NULL OR t.direction = 'inbound')
           AND (CAST(:campaign AS text) IS NULL
                OR t.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))) c
 GROUP BY 1, 2, 3;

-- name: calls_held
-- The latest calls: for how long each held an agent, and after how long lead and agent were talking, if a contact came
-- of it.
SELECT kind, mode, held, CASE WHEN contact THEN reached_after END AS reached_after, contact
  FROM (SELECT CASE WHEN t.direction = 'inbound' THEN 'inbound' WHEN t.number = 1 THEN 'first' ELSE 'again' END AS kind,
               coalesce(t.mode, '') AS mode, t.contact, t.ended_at,
               extract(epoch FROM t.ended_at - coalesce(t.claimed_at, t.answered_at))::double precision AS held,
               extract(epoch FROM t.bridged_at - coalesce(t.claimed_at, t.answered_at))::double precision AS reached_after
          FROM lead l
          JOIN attempt t ON t.lead_id = l.id
         WHERE l.account_id = :account_id AND NOT l.test AND l.answer_status > 0 AND l.received_at >= :since
           AND t.channel = 'call' AND t.ended_at IS NOT NULL AND t.ended_at >= :since
           AND (t.requested_at IS NOT NULL OR t.direction = 'inbound')
           AND t.state IN ('connected', 'no_answer', 'busy', 'machine', 'abandoned', 'failed')
           AND (CAST(:campaign AS text) IS NULL
                OR t.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))
         ORDER BY l.received_at DESC LIMIT 4000) latest
 WHERE held BETWEEN 0 AND 14400;

-- name: wrapped_up
-- For how long agents took notes after their calls, the latest.
SELECT extract(epoch FROM until - since)::double precision AS seconds
  FROM agent_spell
 WHERE account_id = :account_id AND state = 'wrap_up' AND until >= :since
 ORDER BY until DESC LIMIT 1000;
