-- name: begin_counting_answers
-- Accounts whose follow-up calls were never counted: from their first lead on, half a year back at most.
INSERT INTO answers_counted (account_id, until)
SELECT a.id, greatest(coalesce((SELECT min(received_at) FROM lead WHERE account_id = a.id AND answer_status > 0),
                               a.created_at), CAST(:now AS timestamptz) - interval '183 days')
  FROM account a WHERE NOT EXISTS (SELECT FROM answers_counted WHERE account_id = a.id) ORDER BY a.id
ON CONFLICT DO NOTHING;

-- name: turn_to_count
-- The account whose calls have waited longest to be counted, and which of them: at most a day's, in one go. One counter
-- at a time has it, until its transaction ends.
SELECT account_id, until AS since, least(until + interval '1 day', CAST(:settled AS timestamptz)) AS upto
  FROM answers_counted WHERE until < CAST(:settled AS timestamptz) - interval '10 minutes'
 ORDER BY until LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;

-- name: count_answers
-- Add the follow-up calls that ended in a time to what is known of each hour. A call counts when it was planned by the
-- cadence, more than an hour after the lead came, and rang to its end.
WITH called AS (
    SELECT a.account_id, l.source_id, coalesce(l.region, '') AS region,
           a.requested_at AT TIME ZONE (l.candidates -> 0 ->> 'zone') AS there,
           a.answered_at IS NOT NULL AND a.state <> 'machine' AS answered
      FROM attempt a
      JOIN lead l ON l.id = a.lead_id
     WHERE a.account_id = :account_id AND a.number > 1 AND a.ended_at > :since AND a.ended_at <= :upto
       AND a.channel = 'call' AND a.direction = 'outbound' AND a.origin = 'cadence'
       AND a.state IN ('connected', 'no_answer', 'busy', 'machine', 'abandoned')
       AND a.requested_at - a.lead_received_at >= interval '1 hour' AND NOT l.test
), added AS (
    INSERT INTO answer_slot (account_id, source_id, region, month, weekend, hour, calls, answers)
    SELECT account_id, source_id, region, CAST(date_trunc('month', there) AS date), extract(isodow FROM there) >= 6,
           CAST(extract(hour FROM there) AS integer), count(*), count(*) FILTER (WHERE answered)
      FROM called WHERE there IS NOT NULL
     GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 4, 2, 3, 5, 6
    ON CONFLICT (account_id, month, source_id, region, weekend, hour) DO UPDATE
       SET calls = answer_slot.calls + excluded.calls, answers = answer_slot.answers + excluded.answers
)
UPDATE answers_counted SET until = :upto WHERE account_id = :account_id;

-- name: learned_answers
-- What is known of each hour, over the last half year.
SELECT x.source_id, s.name AS source, x.region, x.weekend, x.hour, sum(x.calls) AS calls, sum(x.answers) AS answers
  FROM answer_slot x JOIN source s ON s.id = x.source_id
 WHERE x.account_id = :account_id AND x.month >= CAST(:now AS timestamptz) - interval '183 days'
 GROUP BY 1, 2, 3, 4, 5;

-- name: lift_of_best_time
-- Of each lead the first call whose hour was learned, or kept to compare with: how many were answered.
SELECT timed_by, count(*) AS calls, count(*) FILTER (WHERE answered) AS answers, count(*) FILTER (WHERE contact) AS contacts
  FROM (SELECT DISTINCT ON (a.lead_id) a.timed_by, a.contact,
               a.answered_at IS NOT NULL AND a.state <> 'machine' AS answered
          FROM attempt a JOIN lead l ON l.id = a.lead_id
         WHERE a.account_id = :account_id AND a.timed_by IS NOT NULL AND a.requested_at IS NOT NULL
           AND a.state IN ('connected', 'no_answer', 'busy', 'machine', 'abandoned') AND a.ended_at IS NOT NULL
           AND NOT l.test
         ORDER BY a.lead_id, a.number) first_of_lead
 GROUP BY timed_by;
