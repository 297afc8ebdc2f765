-- name: hold_ping
-- Promise to take a lead: a place in each of the source's periods, and the ping. Fails with STL01, having written
-- nothing, when a period is full.
WITH counted AS (
    INSERT INTO source_period (account_id, source_id, period, accepted, spent, cap, budget)
    SELECT :account_id, :source_id, p.period, 1, coalesce(CAST(:price AS numeric), 0), p.cap, p.budget
      FROM unnest(CAST(:periods AS text[]), CAST(:caps AS integer[]), CAST(:budgets AS numeric[]))
           AS p (period, cap, budget)
     WHERE (p.cap IS NULL OR p.cap > 0) AND (p.budget IS NULL OR coalesce(CAST(:price AS numeric), 0) <= p.budget)
     ORDER BY p.period
    ON CONFLICT (source_id, period) DO UPDATE
       SET accepted = source_period.accepted + 1, spent = source_period.spent + excluded.spent,
           cap = excluded.cap, budget = excluded.budget
     WHERE (excluded.cap IS NULL OR source_period.accepted < excluded.cap)
       AND (excluded.budget IS NULL OR source_period.spent + excluded.spent <= excluded.budget)
    RETURNING 1
), made AS (
    INSERT INTO ping (id, account_id, source_id, asked, price, periods, made_at, expires_at)
    SELECT :ping_id, :account_id, :source_id, :asked, :price, :periods, :now, :expires_at
     WHERE (SELECT count(*) FROM counted) = cardinality(CAST(:periods AS text[]))
    RETURNING id
)
SELECT coalesce((SELECT id FROM made), kept_out()) AS id;

-- name: open_ping
-- What was promised by a ping that can still be used.
SELECT id, asked, price FROM ping
 WHERE id = :ping_id AND source_id = :source_id AND lead_id IS NULL AND released_at IS NULL AND expires_at > :now;

-- name: release_pings
-- Give back the places of pings that no post used in time.
WITH expired AS (
    UPDATE ping SET released_at = :now
     WHERE lead_id IS NULL AND released_at IS NULL AND expires_at <= :now
    RETURNING source_id, periods, price
), held AS (
    SELECT source_id, period, count(*) AS leads, sum(coalesce(price, 0)) AS money
      FROM expired, unnest(periods) AS period GROUP BY source_id, period
)
UPDATE source_period SET accepted = accepted - held.leads, spent = spent - held.money
  FROM held WHERE source_period.source_id = held.source_id AND source_period.period = held.period;

-- name: desk_now
-- How busy a campaign's agents are: who is free, who is at work, who waits, and how long a call takes.
SELECT (SELECT count(*) FROM agent
         WHERE account_id = :account_id AND state = 'available' AND NOT removed
           AND (capped_until IS NULL OR capped_until <= :now)
           AND groups @> ARRAY[CAST(:agent_group AS text)]) AS free,
       (SELECT count(*) FROM agent
         WHERE account_id = :account_id AND state NOT IN ('offline', 'paused') AND NOT removed
           AND (capped_until IS NULL OR capped_until <= :now)
           AND groups @> ARRAY[CAST(:agent_group AS text)]) AS at_work,
       (SELECT count(*) FROM (SELECT number FROM attempt
         WHERE campaign_id = :campaign_id AND state = 'scheduled' AND ready AND due_at <= :now
         ORDER BY audience, rank_at DESC, lead_received_at DESC LIMIT 1000) a WHERE number = 1)
           AS waiting,
       (SELECT CAST(avg(extract(epoch FROM ended_at - claimed_at)) AS double precision) FROM attempt
         WHERE campaign_id = :campaign_id AND id >= :since_id AND ended_at IS NOT NULL AND claimed_at IS NOT NULL)
           AS seconds_each;
