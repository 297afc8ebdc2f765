-- name: pool
-- The account's numbers, or those of them that are named: how many, how many rest, today's calls, and those that may
-- be shown.
SELECT count(*) AS owned, count(*) FILTER (WHERE benched_until > :now) AS resting,
       coalesce(sum(day_calls) FILTER (WHERE day_ends > :now), 0)::bigint AS calls,
       coalesce(array_agg(phone ORDER BY phone) FILTER (WHERE benched_until IS NULL OR benched_until <= :now), '{}')
         AS numbers,
       coalesce(array_agg(carrier ORDER BY phone) FILTER (WHERE benched_until IS NULL OR benched_until <= :now), '{}')
         AS number_carriers,
       coalesce(array_agg(CASE WHEN day_ends > :now THEN day_calls ELSE 0 END ORDER BY phone)
                FILTER (WHERE benched_until IS NULL OR benched_until <= :now), '{}') AS number_calls,
       coalesce(array_agg(benched_by IS NOT DISTINCT FROM 'watch' ORDER BY phone)
                FILTER (WHERE benched_until IS NULL OR benched_until <= :now), '{}') AS number_trials
  FROM phone_number
 WHERE account_id = :account_id AND NOT removed
   AND (CAST(:phones AS text[]) IS NULL OR phone = ANY (CAST(:phones AS text[])));

-- name: open_number_alert
-- Nothing is returned where one is open already.
INSERT INTO number_alert (id, account_id, campaign_id, kind, phone, opened_at, ends_at, words, facts)
VALUES (:alert_id, :account_id, :campaign_id, :kind, :phone, :now, :ends_at, :words, :facts)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: end_used_up
-- A campaign's numbers were used up on a day that is over.
UPDATE number_alert SET ended_at = ends_at
 WHERE campaign_id = :campaign_id AND kind = 'used_up' AND ended_at IS NULL AND ends_at <= :now;
