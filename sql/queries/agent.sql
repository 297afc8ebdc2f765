-- name: lock_agent
-- An agent who is on an attempt, locked; nothing where the agent has gone on to something else.
SELECT id AS agent_id, account_id, state, address, misses,
       (SELECT pause_after_missed FROM account WHERE id = agent.account_id) AS pause_after_missed
  FROM agent WHERE id = :agent_id AND attempt_id = :attempt_id FOR NO KEY UPDATE;

-- name: save_agent
-- An agent's new state. Without keep, the attempt is let go.
UPDATE agent SET state = :state, state_since = CASE WHEN state = :state THEN state_since ELSE :now END,
       state_until = :state_until, state_reason = :state_reason, misses = coalesce(:misses, misses),
       attempt_id = CASE WHEN :keep THEN attempt_id END
 WHERE id = :agent_id;

-- name: timed_agents
-- Agents whose present state was to last until now. One who is on a live attempt is left to that attempt's lease;
-- one who is engaged without a live attempt is stuck, and is given a minute.
SELECT id AS agent_id, account_id, state, attempt_id FROM agent
 WHERE (state_until <= :now
        OR (state IN ('reserved', 'ringing', 'talking') AND state_until IS NULL
            AND state_since <= CAST(:now AS timestamptz) - interval '1 minute'))
   AND NOT (state IN ('reserved', 'ringing', 'talking') AND EXISTS (
       SELECT FROM attempt a
        WHERE a.id = agent.attempt_id AND (a.agent_id = agent.id OR is_party(a.id, agent.id))
          AND (a.state IN ('claimed', 'dialing', 'unknown') OR (a.state = 'connected' AND a.ended_at IS NULL))))
 ORDER BY state_since LIMIT :most FOR NO KEY UPDATE SKIP LOCKED;

-- name: agents_to_choose
-- Free agents of a campaign as its routing sees them, the fallback group's as well; locked by nobody yet. Whoever is
-- on a line of their own cannot be rung on another.
SELECT g.id AS agent_id, g.name, g.address, CAST(jsonb_build_array(agent_traits(g, c.agent_group)) AS text) AS traits
  FROM campaign c
  JOIN agent g ON g.account_id = c.account_id
   AND (g.groups @> ARRAY[c.agent_group] OR g.groups @> ARRAY[c.fallback_group])
 WHERE c.id = :campaign_id AND g.state = 'available' AND NOT g.removed AND g.line_id IS NULL
   AND g.id <> ALL (:not_these)
   AND (g.capped_until IS NULL OR g.capped_until <= :now)
 ORDER BY g.state_since LIMIT 256;

-- name: hold_if_free
-- An agent, locked for the one who asks, if still free and held by nobody else.
SELECT id FROM agent WHERE id = :agent_id AND state = 'available' AND NOT removed AND line_id IS NULL
   FOR NO KEY UPDATE SKIP LOCKED;

-- name: owner_of_lead
-- Whose lead it is.
SELECT owner_of(account_id, owner_id, phone) AS agent_id FROM lead WHERE id = :lead_id;

-- name: reserve_agent
-- Reserve an agent for an attempt under way.
UPDATE agent SET state = 'reserved', state_since = :now, state_until = :until, state_reason = NULL,
       attempt_id = :attempt_id
 WHERE id = :agent_id;

-- name: assign_agent
-- The attempt's present agent.
UPDATE attempt SET agent_id = :agent_id WHERE id = :attempt_id;

-- name: agents_of_account
-- The account's agents as they are now; an hour's or day's count that is over is 0.
SELECT id AS agent_id, name, address, presence, groups, standing, skills, licensed, languages, schedule, timezone,
       shift_changes_at, hourly_cap, daily_cap,
       CASE WHEN date_trunc('hour', offered_at AT TIME ZONE timezone)
                 = date_trunc('hour', CAST(:now AS timestamptz) AT TIME ZONE timezone)
            THEN offers_hour ELSE 0 END AS offers_hour,
       CASE WHEN (offered_at AT TIME ZONE timezone)::date = (CAST(:now AS timestamptz) AT TIME ZONE timezone)::date
            THEN offers_day ELSE 0 END AS offers_day,
       CASE WHEN capped_until > :now THEN capped_until END AS capped_until, misses,
       state, state_since, state_until, state_reason, attempt_id,
       CASE WHEN line_up THEN 'open' WHEN line_id IS NOT NULL THEN 'opening' END AS line
  FROM agent WHERE account_id = :account_id AND NOT removed ORDER BY name;

-- name: agent_by_name
-- One agent, locked, with the reasons that a pause may have.
SELECT id AS agent_id, account_id, state,
       (SELECT pause_reasons FROM account WHERE id = agent.account_id) AS pause_reasons,
       EXISTS (SELECT FROM attempt a
                WHERE a.id = agent.attempt_id AND (a.agent_id = agent.id OR is_party(a.id, agent.id))
                  AND (a.state IN ('dialing', 'unknown') OR (a.state = 'connected' AND a.ended_at IS NULL)))
         AS on_call
  FROM agent WHERE account_id = :account_id AND name = :name AND NOT removed FOR NO KEY UPDATE;

-- name: agent_id
SELECT id FROM agent WHERE account_id = :account_id AND name = :name AND NOT removed;

-- name: let_go
-- The call of an agent who has paused or gone off meanwhile is over: only the tie to it ends.
UPDATE agent SET attempt_id = NULL WHERE id = :agent_id;

-- name: shifts_due
-- Agents whose schedule changes now, locked; whoever is being worked on is left to the next look.
SELECT id AS agent_id, account_id, state,
       EXISTS (SELECT FROM attempt a
                WHERE a.id = agent.attempt_id AND (a.agent_id = agent.id OR is_party(a.id, agent.id))
                  AND (a.state IN ('dialing', 'unknown') OR (a.state = 'connected' AND a.ended_at IS NULL)))
         AS on_call, state_until, timezone, schedule
  FROM agent
 WHERE shift_changes_at <= :now AND NOT removed AND schedule IS NOT NULL
 ORDER BY id LIMIT :most FOR NO KEY UPDATE SKIP LOCKED;

-- name: set_shift
-- When an agent's schedule changes next.
UPDATE agent SET shift_changes_at = :changes_at WHERE id = :agent_id;

-- name: hours_of_desk
-- Everybody of a campaign's groups, whatever they are doing, with when each is at work.
SELECT g.id AS agent_id, g.presence, g.state, g.schedule, g.timezone,
       CASE WHEN g.capped_until > :now THEN g.capped_until END AS capped_until,
       CAST(jsonb_build_array(agent_traits(g, c.agent_group)) AS text) AS traits
  FROM campaign c
  JOIN agent g ON g.account_id = c.account_id
   AND (g.groups @> ARRAY[c.agent_group] OR g.groups @> ARRAY[c.fallback_group])
 WHERE c.id = :campaign_id AND NOT g.removed
 ORDER BY g.id;

-- name: count_performance
-- How many people each agent talked with since a moment, and how many of them bought; where routing asks.
WITH counted AS (
    SELECT g.id, count(DISTINCT t.lead_id) AS contacts, count(DISTINCT o.lead_id) AS sales
      FROM agent g
      LEFT JOIN attempt t ON t.agent_id = g.id AND t.contact AND t.ended_at >= :since
      LEFT JOIN outcome o ON o.lead_id = t.lead_id AND o.kind = 'sale'
     WHERE NOT g.removed AND g.account_id IN (
           SELECT account_id FROM campaign
            WHERE NOT removed AND picks AND 'performance' IN (settings #>> '{dial,routing,strategy}',
                                                              settings #>> '{dial,routing,within}'))
     GROUP BY g.id
), changed AS (
    SELECT g.id, counted.contacts, counted.sales FROM agent g JOIN counted ON counted.id = g.id
     WHERE (g.contacts, g.sales) <> (counted.contacts, counted.sales)
     ORDER BY g.id FOR NO KEY UPDATE OF g SKIP LOCKED
)
UPDATE agent SET contacts = changed.contacts, sales = changed.sales FROM changed WHERE agent.id = changed.id;
