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

-- name: numbers_in_full
-- The account's numbers as they stand now; benched_until is null where the rest has no end.
SELECT phone, sms, carrier, CASE WHEN day_ends > :now THEN day_calls ELSE 0 END AS calls_today,
       coalesce(benched_until > :now, false) AS resting,
       coalesce(benched_until <= :now AND benched_by = 'watch', false) AS on_trial,
       benched_at, nullif(benched_until, 'infinity') AS benched_until, benched_by, benched_why
  FROM phone_number WHERE account_id = :account_id AND NOT removed ORDER BY phone;

-- name: bench_number
-- A number rests until a moment, or until somebody says otherwise. Nothing is returned where the account has none such,
-- or it rests already and this is not to change that.
UPDATE phone_number
   SET benched_at = :now, benched_until = coalesce(CAST(:until AS timestamptz), 'infinity'), benched_by = :by,
       benched_why = :why
 WHERE account_id = :account_id AND phone = :phone AND NOT removed
   AND (:anew OR benched_until IS NULL OR benched_until <= :now)
RETURNING phone;

-- name: unbench_number
-- A number is as good as any. Nothing is returned where it neither rested nor was on trial.
UPDATE phone_number SET benched_at = NULL, benched_until = NULL, benched_by = NULL, benched_why = NULL
 WHERE account_id = :account_id AND phone = :phone AND NOT removed AND benched_until IS NOT NULL
RETURNING phone;

-- name: end_number_alert
UPDATE number_alert SET ended_at = :now
 WHERE account_id = :account_id AND phone = :phone AND ended_at IS NULL
RETURNING id;

-- name: end_used_up_of_account
-- Whether a number is left is found out anew.
UPDATE number_alert SET ended_at = :now
 WHERE account_id = :account_id AND kind = 'used_up' AND ended_at IS NULL;

-- name: look_for_numbers_again
-- Attempts that wait because no number was left may be dialled now. One that is being worked on is left.
WITH held AS MATERIALIZED (
    SELECT id FROM attempt
     WHERE account_id = :account_id AND state = 'scheduled' AND note = 'caller_ids_used_up' AND due_at > :now
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE attempt SET due_at = :now, note = NULL FROM held WHERE attempt.id = held.id;

-- name: number_alerts
-- An account's alerts of its numbers, newest first: the open ones, or all; or one, by its id.
SELECT a.id AS alert_id, a.kind, c.name AS campaign, a.phone, a.opened_at, a.ends_at,
       coalesce(a.ended_at, CASE WHEN a.ends_at <= :now THEN a.ends_at END) AS ended_at, a.words, a.facts,
       a.acknowledged_at, a.acknowledged_by
  FROM number_alert a JOIN campaign c ON c.account_id = a.account_id AND c.id = a.campaign_id
 WHERE a.account_id = :account_id AND (:ended OR (a.ended_at IS NULL AND (a.ends_at IS NULL OR a.ends_at > :now)))
   AND (CAST(:alert_id AS uuid) IS NULL OR a.id = :alert_id)
 ORDER BY a.id DESC LIMIT :most;

-- name: acknowledge_number_alert
-- Nothing is returned where there is no such alert, or it was acknowledged before.
UPDATE number_alert SET acknowledged_at = :now, acknowledged_by = :by
 WHERE account_id = :account_id AND id = :alert_id AND acknowledged_at IS NULL
RETURNING id;

-- name: number_stats
-- What calls of a period brought, by the number that they showed; of a campaign, or of all. Counted are calls that the
-- carrier took: calls are those that rang to their end (answered, busy, declined or not), failed those it could not
-- make. Answered: a person took it, which is any answer that detection did not call a machine. Test leads are left out,
-- and calls that came in.
SELECT n.phone, n.removed, count(g.id) AS placed,
       count(g.id) FILTER (WHERE g.ended_as IN ('completed', 'busy', 'no_answer')) AS calls,
       count(g.id) FILTER (WHERE g.ended_as IN ('completed', 'busy', 'no_answer') AND g.live_at IS NOT NULL
                             AND g.answered_by IS DISTINCT FROM 'machine') AS answered,
       count(g.id) FILTER (WHERE g.ended_as IN ('completed', 'busy', 'no_answer') AND g.live_at IS NOT NULL
                             AND g.answered_by = 'machine') AS machines,
       count(g.id) FILTER (WHERE g.ended_as IN ('completed', 'busy', 'no_answer') AND g.live_at IS NOT NULL
                             AND g.contact) AS contacted,
       count(g.id) FILTER (WHERE g.ended_as = 'failed') AS failed
  FROM phone_number n
  LEFT JOIN LATERAL (
    SELECT g.id, g.ended_as, g.live_at, g.answered_by, a.contact
      FROM leg g
      JOIN attempt a ON a.id = g.attempt_id AND a.direction = 'outbound'
      JOIN lead l ON l.id = a.lead_id AND NOT l.test
     WHERE g.account_id = n.account_id AND g.caller_id = n.phone AND g.kind = 'lead' AND g.carrier_call_id IS NOT NULL
       AND g.placed_at >= :since AND g.placed_at < :until
       AND (CAST(:campaign AS text) IS NULL
            OR a.campaign_id = (SELECT id FROM campaign WHERE account_id = :account_id AND name = :campaign))
  ) g ON true
 WHERE n.account_id = :account_id
 GROUP BY n.phone, n.removed
HAVING NOT n.removed OR count(g.id) > 0
 ORDER BY n.phone;

-- name: campaigns_that_call
-- The campaigns in use of an account, or of all.
SELECT id AS campaign_id, account_id, name, version, settings FROM campaign
 WHERE NOT removed AND (CAST(:account_id AS uuid) IS NULL OR account_id = :account_id) ORDER BY account_id, name;

-- name: watched_calls
-- Calls that rang to their end since a moment, and how many of them a person took, by campaign, number, first call of
-- the lead or later, and recent or before. Recent of a number on trial is what came since its rest. As number_stats.
SELECT a.campaign_id, g.caller_id AS phone, a.number = 1 AS first,
       g.placed_at >= coalesce(n.trial_from, c.recent_from) AS recent, count(*) AS calls,
       count(*) FILTER (WHERE g.live_at IS NOT NULL AND g.answered_by IS DISTINCT FROM 'machine') AS answered
  FROM unnest(CAST(:phones AS text[]), CAST(:trials_from AS timestamptz[])) AS n (phone, trial_from)
  JOIN leg g ON g.account_id = :account_id AND g.caller_id = n.phone AND g.kind = 'lead' AND g.placed_at >= :since
            AND g.carrier_call_id IS NOT NULL AND g.ended_as IN ('completed', 'busy', 'no_answer')
  JOIN attempt a ON a.id = g.attempt_id AND a.direction = 'outbound'
  JOIN lead l ON l.id = a.lead_id AND NOT l.test
  JOIN unnest(CAST(:campaign_ids AS uuid[]), CAST(:recents_from AS timestamptz[])) AS c (campaign_id, recent_from)
    ON c.campaign_id = a.campaign_id
 GROUP BY 1, 2, 3, 4;
