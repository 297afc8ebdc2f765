-- name: seat_of_user
-- The agent that a user is, as the agent is now; the first by name where there are several.
SELECT g.id AS agent_id, g.account_id, g.name, g.address, g.presence, g.state, g.state_since, g.state_until,
       g.state_reason, g.attempt_id, g.timezone, g.misses, g.line_id IS NOT NULL AS has_line, g.line_up, g.capped_until,
       a.pause_reasons, c.until AS console_until, c.lost_at, g.own_address
  FROM agent g
  JOIN account a ON a.id = g.account_id
  LEFT JOIN console c ON c.agent_id = g.id
 WHERE g.account_id = :account_id AND g.user_id = :user_id AND NOT g.removed
 ORDER BY g.name LIMIT 1;

-- name: console_is_there
-- The page says that it is open; whether the agent was taken off because it was not.
INSERT INTO console AS c (agent_id, account_id, until) VALUES (:agent_id, :account_id, :until)
ON CONFLICT (agent_id) DO UPDATE SET until = greatest(c.until, excluded.until)
RETURNING lost_at;

-- name: console_back
-- The agent has said what they do since, or is in the call again: nobody need be told any more.
UPDATE console SET lost_at = NULL WHERE agent_id = :agent_id AND lost_at IS NOT NULL;

-- name: consoles_lost
-- Agents whose page is gone, locked; whoever is being worked on is left to the next look.
SELECT g.id AS agent_id, g.account_id, g.state
  FROM console c JOIN agent g ON g.id = c.agent_id
 WHERE c.until <= :now AND g.presence = 'console' AND g.state <> 'offline' AND NOT g.removed
 ORDER BY g.id LIMIT :most FOR NO KEY UPDATE OF g SKIP LOCKED;

-- name: console_lost
-- The agent was taken off, unless the page has come back meanwhile.
UPDATE console SET lost_at = :now WHERE agent_id = :agent_id AND until <= :now RETURNING agent_id AS id;

-- name: console_closed
-- Signed out: nobody is there any more.
UPDATE console SET until = :now WHERE agent_id = :agent_id;

-- name: call_of_agent
-- The attempt that an agent is on, or else the last one that this agent took and that ended since.
SELECT t.id AS attempt_id, t.lead_id, t.state, t.mode, t.direction, t.claimed_at, t.requested_at, t.ringing_at,
       t.answered_at, t.bridged_at, t.ended_at, t.controlled, t.agent_id = :agent_id AS leads,
       l.id AS leg_id, l.state AS leg_state, l.carrier_call_id, l.carrier, l.accepted_at, l.live_at
  FROM leg l JOIN attempt t ON t.id = l.attempt_id
 WHERE l.agent_id = :agent_id
   AND (t.id = CAST(:attempt_id AS uuid)
        OR (CAST(:attempt_id AS uuid) IS NULL AND l.accepted_at IS NOT NULL AND l.placed_at > :since))
 ORDER BY l.placed_at DESC LIMIT 1;

-- name: lead_is_agents
-- Whether a lead is one that this agent took, is being offered, or owns.
SELECT l.id FROM lead l
 WHERE l.account_id = :account_id AND l.id = :lead_id
   AND (l.owner_id = CAST(:agent_id AS uuid)
        OR EXISTS (SELECT FROM attempt t JOIN leg g ON g.attempt_id = t.id
                    WHERE t.lead_id = l.id AND g.agent_id = CAST(:agent_id AS uuid)
                      AND (g.accepted_at IS NOT NULL
                           OR t.id = (SELECT attempt_id FROM agent WHERE id = CAST(:agent_id AS uuid)))));

-- name: attempt_of_agent
-- An attempt that this agent was rung for, with its lead.
SELECT t.id AS attempt_id, t.lead_id, l.phone
  FROM attempt t JOIN lead l ON l.id = t.lead_id
 WHERE t.account_id = :account_id AND t.id = :attempt_id
   AND EXISTS (SELECT FROM leg g WHERE g.attempt_id = t.id AND g.agent_id = CAST(:agent_id AS uuid));

-- name: leads_of_same_person
-- Other leads of the same phone in the account, newest first.
SELECT o.id AS lead_id, o.received_at, s.name AS source, c.name AS campaign, o.state
  FROM lead l
  JOIN lead o ON o.account_id = l.account_id AND o.phone = l.phone AND o.id <> l.id
  JOIN source s ON s.id = o.source_id JOIN campaign c ON c.id = o.campaign_id
 WHERE l.account_id = :account_id AND l.id = :lead_id ORDER BY o.received_at DESC LIMIT 10;

-- name: day_of_agent
-- An agent's own numbers since a moment.
SELECT count(*) AS offered, count(*) FILTER (WHERE l.accepted_at IS NOT NULL) AS taken,
       count(*) FILTER (WHERE l.accepted_at IS NULL AND l.state = 'ended' AND t.agent_id IS DISTINCT FROM l.agent_id) AS missed,
       count(DISTINCT t.id) FILTER (WHERE t.contact AND t.agent_id = l.agent_id) AS contacts,
       CAST(coalesce(sum(t.talk_seconds) FILTER (WHERE t.agent_id = l.agent_id AND l.accepted_at IS NOT NULL), 0)
            AS double precision) AS talk_seconds,
       (SELECT count(*) FROM disposition d WHERE d.agent_id = :agent_id AND d.made_at >= :since AND d.kind = 'appointment'
           AND d.state IN ('waiting', 'done')) AS appointments,
       (SELECT count(*) FROM disposition d WHERE d.agent_id = :agent_id AND d.made_at >= :since AND d.kind = 'sale'
           AND d.state IN ('waiting', 'done')) AS sales
  FROM leg l JOIN attempt t ON t.id = l.attempt_id
 WHERE l.agent_id = :agent_id AND l.placed_at >= :since AND l.kind = 'agent' AND l.part IS NULL;

-- name: callbacks_of_agent
-- Calls that are planned because somebody asked for them, for leads of this agent, the next first.
SELECT t.lead_id, t.due_at, l.first_name, l.last_name, l.city, l.region
  FROM attempt t JOIN lead l ON l.id = t.lead_id
 WHERE l.account_id = :account_id AND t.state = 'scheduled' AND t.origin = 'callback'
   AND (l.owner_id = CAST(:agent_id AS uuid)
        OR EXISTS (SELECT FROM disposition d WHERE d.lead_id = l.id AND d.agent_id = CAST(:agent_id AS uuid)
                      AND d.kind = 'callback' AND d.state = 'done'))
 ORDER BY t.due_at LIMIT 20;

-- name: offers_missed_by_agent
-- What was offered to an agent and not taken, newest first. No name: another agent may have the lead now.
SELECT l.placed_at AS at, l.ended_as, CAST(extract(epoch FROM l.ended_at - l.placed_at) AS double precision) AS rang
  FROM leg l JOIN attempt t ON t.id = l.attempt_id
 WHERE l.agent_id = :agent_id AND l.placed_at >= :since AND l.kind = 'agent' AND l.part IS NULL
   AND l.accepted_at IS NULL AND l.state = 'ended'
 ORDER BY l.placed_at DESC LIMIT 10;

-- name: leads_of_agent
-- The leads that an agent talked with last, newest first.
SELECT o.id AS lead_id, o.first_name, o.last_name, o.city, o.region, o.state, x.at, x.kind
  FROM (SELECT DISTINCT ON (t.lead_id) t.lead_id, l.placed_at AS at,
               (SELECT d.kind FROM disposition d WHERE d.attempt_id = t.id AND d.state <> 'undone') AS kind
          FROM leg l JOIN attempt t ON t.id = l.attempt_id
         WHERE l.agent_id = :agent_id AND l.accepted_at IS NOT NULL AND l.placed_at >= :since
         ORDER BY t.lead_id, l.placed_at DESC) x
  JOIN lead o ON o.id = x.lead_id
 ORDER BY x.at DESC LIMIT 12;

-- name: card_of_lead
SELECT answers, note, saved_by, saved_at FROM lead_card WHERE account_id = :account_id AND lead_id = :lead_id;

-- name: save_card
-- What was typed; a field that is not sent stays as it is.
INSERT INTO lead_card AS c (lead_id, account_id, answers, note, saved_by, saved_at)
VALUES (:lead_id, :account_id, CAST(:answers AS jsonb), coalesce(CAST(:note AS text), ''), :by, :now)
ON CONFLICT (lead_id) DO UPDATE SET answers = c.answers || excluded.answers,
   note = coalesce(CAST(:note AS text), c.note), saved_by = excluded.saved_by, saved_at = excluded.saved_at;

-- name: add_disposition
-- What an agent says came of a call; nothing where something was said already.
INSERT INTO disposition (id, account_id, lead_id, attempt_id, agent_id, said_by, kind, given, made_at, settles_at, state)
VALUES (:disposition_id, :account_id, :lead_id, :attempt_id, :agent_id, :by, :kind, :given, :now, :settles_at, 'waiting')
ON CONFLICT DO NOTHING
RETURNING id;

-- name: disposition_of_attempt
-- What was said of a call, and not taken back.
SELECT id AS disposition_id, account_id, lead_id, attempt_id, agent_id, said_by, kind, given, made_at, settles_at, state,
       why
  FROM disposition WHERE account_id = :account_id AND attempt_id = :attempt_id AND state <> 'undone';

-- name: dispositions_of_lead
-- What was said of a lead's calls, in order, with who said it.
SELECT d.kind, d.given, d.made_at, d.state, d.why, g.name AS agent
  FROM disposition d JOIN agent g ON g.id = d.agent_id
 WHERE d.account_id = :account_id AND d.lead_id = :lead_id ORDER BY d.made_at;

-- name: undo_disposition
-- Taken back in time; nothing where it has taken effect.
UPDATE disposition SET state = 'undone'
 WHERE account_id = :account_id AND attempt_id = :attempt_id AND agent_id = :agent_id AND state = 'waiting'
   AND made_at > :since
RETURNING id;

-- name: dispositions_due
-- What can no longer be taken back and has not taken effect: each taken by one node at a time.
UPDATE disposition SET settles_at = :again
 WHERE id IN (SELECT d.id FROM disposition d WHERE d.state = 'waiting' AND d.settles_at <= :now
               ORDER BY d.settles_at LIMIT :most FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id AS disposition_id, account_id, lead_id, attempt_id, agent_id, said_by, kind, given, made_at, settles_at,
          state, why;

-- name: settle_disposition
-- It has taken effect, or cannot.
UPDATE disposition SET state = :state, why = :why WHERE id = :disposition_id AND state = 'waiting' RETURNING id;

-- name: lock_seat
-- An agent, locked, with what the agent is on.
SELECT id AS agent_id, account_id, name, state, attempt_id,
       EXISTS (SELECT FROM attempt a
                WHERE a.id = agent.attempt_id AND (a.agent_id = agent.id OR is_party(a.id, agent.id))
                  AND (a.state IN ('dialing', 'unknown') OR (a.state = 'connected' AND a.ended_at IS NULL))) AS on_call
  FROM agent WHERE account_id = :account_id AND id = :agent_id AND NOT removed FOR NO KEY UPDATE;

-- name: live_legs_of_agent
-- Calls to an agent that are not over, as far as we know; a standing line is none of them.
SELECT l.carrier_call_id, l.carrier FROM leg l
 WHERE l.agent_id = :agent_id AND l.state <> 'ended' AND l.carrier_call_id IS NOT NULL AND l.line_id IS NULL
 ORDER BY l.placed_at DESC LIMIT 10;

-- name: add_stuck_report
INSERT INTO stuck_report (id, account_id, agent_id, attempt_id, at, said_by, state, timeline)
VALUES (:report_id, :account_id, :agent_id, :attempt_id, :now, :by, :state, :timeline);

-- name: stuck_reports
-- Who was stuck since a moment, newest first.
SELECT r.id AS report_id, r.at, g.name AS agent, r.state, r.attempt_id, t.lead_id, r.timeline
  FROM stuck_report r JOIN agent g ON g.id = r.agent_id LEFT JOIN attempt t ON t.id = r.attempt_id
 WHERE r.account_id = :account_id AND r.at >= :since ORDER BY r.at DESC LIMIT 20;

-- name: plan_agents_text
-- A text that an agent typed, to be sent at once by the same permit as any other.
INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, lead_received_at,
                     rank_at, origin, words)
SELECT :attempt_id, account_id, id, campaign_id,
       (SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE lead_id = lead.id AND direction = 'outbound'), 0, 'sms',
       'scheduled', :now, received_at, :now, 'agent', :words
  FROM lead WHERE id = :lead_id AND account_id = :account_id
ON CONFLICT DO NOTHING
RETURNING id;

-- name: texts_waiting
-- What agents typed and is not sent yet, or was not.
SELECT id AS attempt_id, words, state, note, due_at FROM attempt
 WHERE account_id = :account_id AND lead_id = :lead_id AND origin = 'agent' AND channel = 'sms'
   AND state NOT IN ('sent', 'sending', 'unknown')
 ORDER BY due_at;

-- name: timeline_of_attempt
-- What happened to a call, without personal data: its events, and its legs as they are.
SELECT at, kind AS what FROM event
 WHERE lead_id = (SELECT lead_id FROM attempt WHERE id = CAST(:attempt_id AS uuid) AND account_id = :account_id)
   AND attempt_id = CAST(:attempt_id AS uuid)
UNION ALL
SELECT placed_at, kind || ' leg placed, now ' || state || coalesce(' ' || ended_as, '') || coalesce(' code ' || carrier_code, '')
  FROM leg WHERE account_id = :account_id AND attempt_id = CAST(:attempt_id AS uuid)
UNION ALL
SELECT asked_at, 'command ' || action || ', now ' || state FROM control
 WHERE account_id = :account_id AND attempt_id = CAST(:attempt_id AS uuid)
 ORDER BY 1;

-- name: name_of_agent
SELECT name FROM agent WHERE id = :agent_id;

-- name: version_of_campaign
SELECT version FROM campaign WHERE account_id = :account_id AND id = :campaign_id;

-- name: tasks_of_agent
-- What an agent is to do, the first due first.
SELECT t.title, t.due_at, l.first_name, l.last_name FROM task t JOIN lead l ON l.id = t.lead_id
 WHERE t.agent_id = :agent_id AND t.account_id = :account_id AND t.done_at IS NULL ORDER BY t.due_at LIMIT 20;

-- name: choose_line
-- Where an agent is rung from now on: in the browser, or as the configuration says; nothing while a call is on.
UPDATE agent SET address = CASE WHEN CAST(:in_browser AS boolean) THEN 'client:agent_' || replace(id::text, '-', '')
                                ELSE coalesce(own_address, address) END,
       own_address = CASE WHEN CAST(:in_browser AS boolean) THEN coalesce(own_address, address) END
 WHERE account_id = :account_id AND id = :agent_id AND attempt_id IS NULL AND line_id IS NULL
   AND state NOT IN ('reserved', 'ringing', 'talking')
   AND (own_address IS NOT NULL OR address NOT LIKE 'client:%')
RETURNING id;
