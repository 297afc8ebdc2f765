-- name: promote_due
-- Attempts whose time has come are ready from now on: the earliest due first, of those the latest rank, 200 at a time,
-- so that a campaign that opens with 100,000 of them holds nobody up. Whichever is being worked on in this moment is
-- left to the next look. This commit does not wait for the disk: what a crash takes back here is found due again.
WITH relaxed AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true) AS done
), due AS MATERIALIZED (
    SELECT id FROM attempt
     WHERE state = 'scheduled' AND NOT ready AND channel = 'call' AND due_at <= :now
     ORDER BY due_at, rank_at DESC LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE attempt SET ready = true FROM relaxed, due WHERE attempt.id = due.id;

-- name: dial_candidates
-- Ready attempts of campaigns that have a free agent, with what the permit looks at: those of the latest rank, first
-- attempts and retries alike, as many as there are free agents; these longest idle first. Where the campaign's routing
-- picks among agents, only attempts of an audience that one of them answers to, and the agents with their traits.
-- Reads only, and of the plan no more than that: the limits are numbers, because a limit that is a parameter is planned
-- as a tenth of all rows. On a node whose clock is behind, an attempt may be ready before it is due. Whoever is calling us is
-- not dialled, and an agent for whom a caller waits on the line is not free for anybody else.
SELECT a.id AS attempt_id, l.account_id, l.id AS lead_id, c.id AS campaign_id, c.version AS campaign_version,
       a.lead_received_at, a.rank_at, a.due_at, a.passed_by, a.refused_by, a.audience, free.agents, free.addresses, free.traits,
       CASE WHEN c.by_owner OR a.callback_id IS NOT NULL THEN owner_of(l.account_id, l.owner_id, l.phone) END AS owner_id,
       l.phone, l.email, l.candidates,
       contact_facts(l.account_id, l.id, c.id, l.phone, l.email) AS known,
       shown.numbers, shown.number_carriers, shown.number_calls, shown.number_trials,
       (SELECT caller_id FROM leg
         WHERE account_id = l.account_id AND address = l.phone AND kind = 'lead'
           AND carrier_call_id IS NOT NULL AND ended_as IS DISTINCT FROM 'failed'
         ORDER BY placed_at DESC LIMIT 1) AS saw,
       l.first_name, l.last_name, l.city, l.region, l.postal_code, l.attributes,
       (SELECT name FROM source WHERE id = l.source_id) AS source_name, l.arms
  FROM campaign c
 CROSS JOIN LATERAL (
    SELECT FROM attempt WHERE campaign_id = c.id AND state = 'scheduled' AND ready
     ORDER BY audience, rank_at DESC, lead_received_at DESC LIMIT 1
 ) waiting
 CROSS JOIN LATERAL (
    SELECT array_agg(g.id ORDER BY g.state_since) AS agents,
           array_agg(g.address ORDER BY g.state_since) AS addresses,
           CAST(jsonb_agg(g.traits ORDER BY g.state_since) FILTER (WHERE c.picks) AS text) AS traits,
           bool_or(g.own) AS own
      FROM (SELECT id, CASE WHEN line_up THEN on_line(agent) ELSE address END AS address, state_since,
                   groups @> ARRAY[c.agent_group] AS own,
                   CASE WHEN c.picks THEN agent_traits(agent, c.agent_group) END AS traits
              FROM agent
             WHERE account_id = c.account_id AND state = 'available' AND NOT removed AND (line_id IS NULL OR line_up)
               AND (capped_until IS NULL OR capped_until <= :now)
               AND (groups @> ARRAY[c.agent_group] OR groups @> ARRAY[c.fallback_group])
               AND NOT EXISTS (SELECT FROM inbound_call i
                                WHERE i.stage = 'waiting' AND i.account_id = agent.account_id
                                  AND agent.groups @> ARRAY[i.agent_group])
             ORDER BY state_since LIMIT CASE WHEN c.picks THEN 256 ELSE 32 END) g
 ) free
 CROSS JOIN LATERAL (
    SELECT CASE WHEN c.picks THEN ARRAY(
        WITH RECURSIVE seen AS (
            (SELECT audience FROM attempt WHERE campaign_id = c.id AND state = 'scheduled' AND ready
              ORDER BY audience LIMIT 1)
            UNION ALL
            SELECT next.audience FROM seen CROSS JOIN LATERAL (
                SELECT audience FROM attempt
                 WHERE campaign_id = c.id AND state = 'scheduled' AND ready AND audience > seen.audience
                 ORDER BY audience LIMIT 1) next
        )
        SELECT audience FROM seen
         WHERE audience = '' OR EXISTS (
               SELECT FROM agent g CROSS JOIN LATERAL string_to_array(seen.audience, ',') AS asked
                WHERE g.id = ANY (free.agents)
                  AND (g.takes @> asked
                       OR (NOT g.groups @> ARRAY[c.agent_group]
                           AND g.takes @> ARRAY(SELECT one FROM unnest(asked) AS one WHERE one NOT LIKE 'owner:%'))))
    ) ELSE '{""}' END AS servable
     WHERE free.agents IS NOT NULL
 ) audiences
 CROSS JOIN LATERAL (
    SELECT best.* FROM unnest(audiences.servable) AS one (audience) CROSS JOIN LATERAL (
        SELECT id, lead_id, lead_received_at, rank_at, due_at, passed_by, refused_by, audience, callback_id FROM attempt
         WHERE campaign_id = c.id AND audience = one.audience AND state = 'scheduled' AND ready
           AND due_at <= CASE WHEN free.own THEN CAST(:now AS timestamptz)
                               ELSE CAST(:now AS timestamptz) - c.fallback_after END
           AND lead_id <> ALL (ARRAY(SELECT o.id FROM inbound_call i
                                       JOIN lead o ON o.account_id = i.account_id AND o.phone = i.from_phone
                                      WHERE i.ended_at IS NULL))
         ORDER BY rank_at DESC, lead_received_at DESC LIMIT 32) best
     ORDER BY rank_at DESC, lead_received_at DESC LIMIT cardinality(free.agents)
 ) a
  JOIN lead l ON l.id = a.lead_id
 CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(phone ORDER BY phone), '{}') AS numbers,
           coalesce(array_agg(carrier ORDER BY phone), '{}') AS number_carriers,
           coalesce(array_agg(CASE WHEN day_ends > :now THEN day_calls ELSE 0 END ORDER BY phone), '{}') AS number_calls,
           coalesce(array_agg(benched_by IS NOT DISTINCT FROM 'watch' ORDER BY phone), '{}') AS number_trials
      FROM phone_number
     WHERE account_id = c.account_id AND NOT removed AND NOT tracking AND (benched_until IS NULL OR benched_until <= :now)
 ) shown
 WHERE NOT c.paused AND NOT c.removed;

-- name: give_turn
-- Of a campaign's ready attempts that one of these agents may take, the one that is last in line has its turn: it is
-- ranked first. Not where it has not waited long enough, and not while one that is first like that still waits.
WITH RECURSIVE seen AS (
    (SELECT audience FROM attempt WHERE campaign_id = :campaign_id AND state = 'scheduled' AND ready
      ORDER BY audience LIMIT 1)
    UNION ALL
    SELECT next.audience FROM seen CROSS JOIN LATERAL (
        SELECT audience FROM attempt
         WHERE campaign_id = :campaign_id AND state = 'scheduled' AND ready AND audience > seen.audience
         ORDER BY audience LIMIT 1) next
), line AS (
    SELECT audience FROM seen JOIN campaign c ON c.id = :campaign_id
     WHERE audience = '' OR EXISTS (
           SELECT FROM agent g CROSS JOIN LATERAL string_to_array(seen.audience, ',') AS asked
            WHERE g.id = ANY (CAST(:agents AS uuid[]))
              AND (g.takes @> asked
                   OR (NOT g.groups @> ARRAY[c.agent_group]
                       AND g.takes @> ARRAY(SELECT one FROM unnest(asked) AS one WHERE one NOT LIKE 'owner:%'))))
), last AS (
    SELECT one.* FROM line CROSS JOIN LATERAL (
        SELECT id, rank_at, due_at FROM attempt
         WHERE campaign_id = :campaign_id AND audience = line.audience AND state = 'scheduled' AND ready
         ORDER BY rank_at, lead_received_at LIMIT 1) one
     WHERE one.due_at <= :overdue
       AND NOT EXISTS (
           SELECT FROM line other CROSS JOIN LATERAL (
               SELECT rank_at FROM attempt
                WHERE campaign_id = :campaign_id AND audience = other.audience AND state = 'scheduled' AND ready
                ORDER BY rank_at DESC, lead_received_at DESC LIMIT 1) first
            WHERE first.rank_at > :now)
     ORDER BY one.rank_at LIMIT 1
), held AS MATERIALIZED (
    SELECT a.id FROM attempt a JOIN last ON last.id = a.id WHERE a.state = 'scheduled'
       FOR NO KEY UPDATE OF a SKIP LOCKED
)
UPDATE attempt SET rank_at = :rank_at FROM held WHERE attempt.id = held.id
RETURNING attempt.id;

-- name: set_audiences
-- Who may take these attempts, as a look found it by a version of their campaign that is still the present one.
UPDATE attempt SET audience = w.audience
  FROM unnest(CAST(:attempt_ids AS uuid[]), CAST(:audiences AS text[]), CAST(:versions AS integer[]))
       AS w (id, audience, version)
  JOIN (SELECT a.id, c.version FROM attempt a JOIN campaign c ON c.id = a.campaign_id
         WHERE a.id = ANY (:attempt_ids) AND a.state = 'scheduled'
         ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED) held ON held.id = w.id AND held.version = w.version
 WHERE attempt.id = w.id;

-- name: forget_audiences
-- Who may take an account's attempts has to be looked at anew.
WITH held AS MATERIALIZED (
    SELECT id FROM attempt WHERE account_id = :account_id AND state = 'scheduled' AND audience <> ''
     ORDER BY id FOR NO KEY UPDATE
)
UPDATE attempt SET audience = '' FROM held WHERE attempt.id = held.id;

-- name: forget_audience_of_lead
-- The same of one lead.
UPDATE attempt SET audience = '' WHERE lead_id = :lead_id AND state = 'scheduled' AND audience <> '';

-- name: next_due
-- The moment at which the next attempt becomes due that is not known to be ready; it may have passed.
SELECT min(due_at) AS due_at FROM (
    (SELECT due_at FROM attempt WHERE state = 'scheduled' AND NOT ready AND channel = 'call' ORDER BY due_at, rank_at DESC LIMIT 1)
) soonest;

-- name: dial_attempts
-- Claim attempts, reserve their agents, take a carrier slot for each request, count its caller ID, record their permits
-- and commit them to dialing, before the carrier hears of any: one statement, one transaction. (A second request of one
-- call may go out with its first; the next call then waits for both. An agent on a line is on the call at once, with a
-- leg that is the line's own call.) Whatever is no longer free,
-- and whoever was contacted or suppressed since the facts were read, is left out, and nothing of it is written. The
-- person's rows are locked first: a suppression that was committed before this statement got the lock is seen, even
-- one that came after its snapshot. Numbers are locked last, as counted by now; one that is held just now is not
-- waited for, because whoever gives a count back may hold more than that.
-- Agents beyond the first of an attempt are rung with that one where they are still free, and else left out.
WITH wanted AS (
    SELECT * FROM unnest(CAST(:attempt_ids AS uuid[]), CAST(:agent_ids AS uuid[]), CAST(:leases AS uuid[]),
                         CAST(:permit_ids AS uuid[]), CAST(:modes AS text[]), CAST(:caller_ids AS text[]),
                         CAST(:permitted_waits AS double precision[]), CAST(:phones AS text[]),
                         CAST(:emails AS text[]), CAST(:account_ids AS uuid[]), CAST(:versions AS bigint[]),
                         CAST(:carriers AS text[]), CAST(:caller_limits AS integer[]), CAST(:day_ends AS timestamptz[]),
                         CAST(:requests AS integer[]), CAST(:line_ids AS uuid[]))
      WITH ORDINALITY
      AS w (attempt_id, agent_id, lease, permit_id, mode, caller_id, permitted_wait, phone, email, account_id, version,
            carrier, caller_limit, day_ends, requests, line_id, n)
), person AS MATERIALIZED (
    SELECT key, account_id, version FROM outreach
     WHERE (key, account_id) IN (SELECT phone, account_id FROM wanted UNION SELECT email, account_id FROM wanted)
     ORDER BY key, account_id FOR NO KEY UPDATE
), free_attempt AS (
    SELECT a.id FROM attempt a JOIN wanted w ON w.attempt_id = a.id
     WHERE a.state = 'scheduled' AND a.due_at <= :now
       AND w.version = (SELECT coalesce(sum(p.version), 0) FROM person p
                         WHERE p.key IN (w.phone, w.email) AND p.account_id = w.account_id)
       AND NOT EXISTS (SELECT FROM inbound_call i
                        WHERE i.from_phone = w.phone AND i.account_id = w.account_id AND i.ended_at IS NULL)
     FOR NO KEY UPDATE OF a SKIP LOCKED
), free_agent AS (
    SELECT g.id FROM wanted w JOIN agent g ON g.id = w.agent_id
     WHERE g.state = 'available' AND NOT g.removed
       AND g.line_id IS NOT DISTINCT FROM w.line_id AND g.line_up = (w.line_id IS NOT NULL)
       AND NOT EXISTS (SELECT FROM inbound_call i
                        WHERE i.stage = 'waiting' AND i.account_id = g.account_id
                          AND g.groups @> ARRAY[i.agent_group])
     FOR NO KEY UPDATE OF g SKIP LOCKED
), free_also AS (
    SELECT g.id, w.attempt_id
      FROM unnest(CAST(:leg_attempts AS uuid[]), CAST(:leg_agents AS uuid[])) AS w (attempt_id, agent_id)
      JOIN agent g ON g.id = w.agent_id
     WHERE w.agent_id <> ALL (CAST(:agent_ids AS uuid[])) AND g.state = 'available' AND NOT g.removed
       AND g.line_id IS NULL
     FOR NO KEY UPDATE OF g SKIP LOCKED
), pair AS (
    SELECT w.*, sum(w.requests) OVER (PARTITION BY w.carrier ORDER BY w.n) - w.requests AS before,
           row_number() OVER (PARTITION BY w.account_id, w.caller_id ORDER BY w.n) AS nth
      FROM wanted w
      JOIN free_attempt a ON a.id = w.attempt_id
      JOIN free_agent g ON g.id = w.agent_id
), slot AS (
    SELECT s.carrier, greatest(s.next_at, :now - p.burst) AS next_at, p.spacing, s.passes
      FROM carrier_slot s
      JOIN unnest(CAST(:slot_carriers AS text[]), CAST(:bursts AS interval[]), CAST(:spacings AS interval[]))
           AS p (carrier, burst, spacing) ON p.carrier = s.carrier
     ORDER BY s.carrier FOR NO KEY UPDATE OF s
), number AS MATERIALIZED (
    SELECT account_id, phone, CASE WHEN day_ends > :now THEN day_calls ELSE 0 END AS calls,
           CASE WHEN day_ends > :now THEN day_ends END AS day_ends
      FROM phone_number
     WHERE (account_id, phone) IN (SELECT account_id, caller_id FROM pair) AND EXISTS (SELECT FROM slot)
       AND NOT removed AND (benched_until IS NULL OR benched_until <= :now)
     FOR NO KEY UPDATE SKIP LOCKED
), taken AS (
    SELECT pair.*, coalesce(number.day_ends, pair.day_ends) AS counted_until
      FROM pair
      JOIN slot ON slot.carrier = pair.carrier
      JOIN number ON number.account_id = pair.account_id AND number.phone = pair.caller_id
     WHERE slot.next_at + pair.before * slot.spacing <= :now
       AND (slot.passes IS NULL OR pair.before < slot.passes)
       AND (pair.caller_limit IS NULL OR number.calls + pair.nth <= pair.caller_limit)
), spent AS (
    UPDATE carrier_slot s SET next_at = slot.next_at + used.calls * slot.spacing,
           passes = CASE WHEN slot.passes IS NOT NULL THEN greatest(slot.passes - used.calls, 0) END
      FROM slot JOIN (SELECT carrier, sum(requests) AS calls FROM taken GROUP BY carrier) used
           ON used.carrier = slot.carrier
     WHERE s.carrier = slot.carrier
), shown AS (
    UPDATE phone_number p SET day_calls = number.calls + t.calls, day_ends = t.counted_until
      FROM number
      JOIN (SELECT account_id, caller_id, count(*) AS calls, max(counted_until) AS counted_until
              FROM taken GROUP BY account_id, caller_id) t
        ON t.account_id = number.account_id AND t.caller_id = number.phone
     WHERE p.account_id = number.account_id AND p.phone = number.phone
), reserved AS (
    UPDATE agent SET state = 'reserved', state_since = :now, state_until = :lease_until, state_reason = NULL,
           attempt_id = rung.attempt_id
      FROM (SELECT agent_id, attempt_id FROM taken
            UNION ALL
            SELECT f.id, f.attempt_id FROM free_also f JOIN taken ON taken.attempt_id = f.attempt_id) rung
     WHERE agent.id = rung.agent_id
), dialing AS (
    UPDATE attempt SET state = 'dialing', lease = taken.lease, lease_until = :lease_until,
           agent_id = taken.agent_id, claimed_at = :claimed_at, permitted_at = :now, tries = tries + 1,
           mode = taken.mode, caller_id = taken.caller_id, counted_until = taken.counted_until,
           permitted_wait = taken.permitted_wait, refused_by = NULL, conference = 'line-' || taken.line_id
      FROM taken WHERE attempt.id = taken.attempt_id
    RETURNING attempt.id, attempt.account_id, attempt.lead_id, attempt.agent_id, taken.permit_id, taken.caller_id,
              taken.carrier, taken.line_id, taken.n
), new_permit AS (
    INSERT INTO permit (id, account_id, attempt_id, decided_at, decision, rule_set, rules)
    SELECT permit_id, account_id, id, :now, 'allowed', :rule_set, CAST(:rules AS jsonb) -> CAST(n - 1 AS integer)
      FROM dialing
), new_leg AS (
    INSERT INTO leg (id, account_id, attempt_id, kind, address, caller_id, agent_id, state, placed_at, carrier,
                     line_id, carrier_call_id, live_at, accepted_at)
    SELECT w.id, d.account_id, d.id, w.kind, coalesce(l.address, w.address), d.caller_id, w.agent_id,
           CASE WHEN l.id IS NULL THEN 'placing' ELSE 'live' END, :now, d.carrier,
           l.id, l.carrier_call_id, CASE WHEN l.id IS NOT NULL THEN CAST(:now AS timestamptz) END,
           CASE WHEN l.id IS NOT NULL THEN CAST(:now AS timestamptz) END
      FROM dialing d
      JOIN unnest(CAST(:leg_ids AS uuid[]), CAST(:leg_attempts AS uuid[]), CAST(:leg_kinds AS text[]),
                  CAST(:addresses AS text[]), CAST(:leg_agents AS uuid[]))
           AS w (id, attempt_id, kind, address, agent_id) ON w.attempt_id = d.id
      LEFT JOIN agent_line l ON l.id = d.line_id AND w.kind = 'agent'
     WHERE w.agent_id IS NULL OR w.agent_id = d.agent_id OR w.agent_id IN (SELECT id FROM free_also)
    RETURNING id, attempt_id, kind
), counted AS (
    UPDATE outreach o SET version = o.version + 1, lifetime = o.lifetime + 1,
           recent = recent_contacts(o.recent, :now, 'call', g.id)
      FROM new_leg g JOIN wanted w ON w.attempt_id = g.attempt_id
     WHERE g.kind = 'lead' AND o.key IN (w.phone, w.email) AND o.account_id = w.account_id
), new_event AS (
    INSERT INTO event (account_id, lead_id, attempt_id, agent_id, kind, at)
    SELECT account_id, lead_id, id, agent_id, 'attempt.dialing', :now FROM dialing
)
SELECT id, ARRAY(SELECT new_leg.id FROM new_leg WHERE new_leg.attempt_id = dialing.id) AS legs FROM dialing;

-- name: claim_attempts
-- Claim attempts whose permit says no, so that the refusal is decided and recorded under a lease; nothing else of
-- theirs is taken.
UPDATE attempt SET state = 'claimed', lease = w.lease, lease_until = :lease_until, claimed_at = :now, agent_id = NULL
  FROM unnest(CAST(:attempt_ids AS uuid[]), CAST(:leases AS uuid[])) AS w (attempt_id, lease)
 WHERE attempt.id = w.attempt_id AND attempt.state = 'scheduled' AND attempt.due_at <= :now
RETURNING attempt.id AS attempt_id, attempt.account_id, attempt.lead_id, attempt.campaign_id, attempt.lease;

-- name: campaign_settings
-- The settings of one campaign, with the version they have now.
SELECT settings, version FROM campaign WHERE account_id = :account_id AND id = :campaign_id;

-- name: record_placed
-- The carrier took these calls: their ids, and when it was asked. An attempt that had been given up as unknown is
-- adopted, and its lead is being worked. Attempts first, then leads, each in one order, as everybody does who locks
-- several. This commit does not wait for the disk: what a crash takes back here is found again at the carrier.
WITH relaxed AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true) AS done
), taken AS (
    SELECT w.* FROM relaxed,
           unnest(CAST(:attempt_ids AS uuid[]), CAST(:leg_ids AS uuid[]), CAST(:carrier_call_ids AS text[]),
                  CAST(:requested_ats AS timestamptz[]), CAST(:lease_untils AS timestamptz[]))
           AS w (attempt_id, leg_id, carrier_call_id, requested_at, lease_until)
), held AS MATERIALIZED (
    SELECT id FROM attempt WHERE id = ANY (ARRAY(SELECT attempt_id FROM taken)) ORDER BY id FOR NO KEY UPDATE
), placed AS (
    UPDATE leg SET carrier_call_id = coalesce(leg.carrier_call_id, taken.carrier_call_id)
      FROM taken, held WHERE leg.id = taken.leg_id AND held.id = taken.attempt_id
), asked AS (
    UPDATE attempt SET requested_at = coalesce(attempt.requested_at, taken.requested_at),
           lease_until = greatest(attempt.lease_until, taken.lease_until),
           state = CASE state WHEN 'unknown' THEN 'dialing' ELSE state END, unknown_since = NULL
      FROM taken, held
     WHERE attempt.id = taken.attempt_id AND held.id = attempt.id
       AND attempt.state IN ('dialing', 'unknown', 'connected')
    RETURNING attempt.id, attempt.lead_id
), fresh AS MATERIALIZED (
    SELECT id FROM lead WHERE id = ANY (ARRAY(SELECT lead_id FROM asked)) AND state = 'new'
     ORDER BY id FOR NO KEY UPDATE
), worked AS (
    UPDATE lead SET state = 'working' FROM fresh WHERE lead.id = fresh.id
)
SELECT id FROM asked;

-- name: spend_slot
-- One more call is asked for, whatever the carrier's rate: the next waits for it.
UPDATE carrier_slot SET next_at = greatest(next_at, :now) + CAST(:spacing AS interval) WHERE carrier = :carrier;
