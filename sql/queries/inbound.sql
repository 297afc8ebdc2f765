-- name: hold_incoming
-- Take the fetches of one call in turn, and the calls of one person: until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('call:' || CAST(:carrier_call_id AS text), 0)) IS NOT NULL
       AND pg_advisory_xact_lock(hashtextextended('caller:' || CAST(:caller AS text), 0)) IS NOT NULL AS held;

-- name: incoming_by_carrier_id
-- Whether this call was answered before, and the attempt that it is.
SELECT account_id, attempt_id, leg_id FROM inbound_call WHERE carrier_call_id = :carrier_call_id;

-- name: number_called
-- Whose number was called, with the source that it is the tracking number of, and the campaign whose calls come in
-- there: the source's, else the number's own, else the account's first by name. Of several accounts with one number,
-- the one that knows the caller.
SELECT n.account_id, t.id AS source_id, t.version AS source_version, t.settings AS source_settings,
       c.id AS campaign_id, c.version AS campaign_version, c.name AS campaign_name
  FROM phone_number n
  JOIN account a ON a.id = n.account_id
  LEFT JOIN LATERAL (
    SELECT id, version, settings, campaign_id FROM source
     WHERE account_id = n.account_id AND NOT removed AND settings #>> '{call,number}' = n.phone LIMIT 1
  ) t ON true
  JOIN LATERAL (
    SELECT id, version, name FROM campaign
     WHERE account_id = n.account_id AND NOT removed
     ORDER BY id = t.campaign_id DESC NULLS LAST, id = n.campaign_id DESC NULLS LAST, name LIMIT 1
  ) c ON true
 WHERE n.phone = :to_phone AND NOT n.removed
 ORDER BY EXISTS (SELECT FROM lead WHERE account_id = n.account_id AND phone = CAST(:from_phone AS text)) DESC,
          a.created_at
 LIMIT 1;

-- name: leads_of_caller
-- What this person asked for before, newest first.
SELECT id AS lead_id, source_id, campaign_id, state FROM lead
 WHERE account_id = :account_id AND phone = :from_phone AND state <> 'rejected' AND answer_status > 0 AND NOT test
 ORDER BY received_at DESC, id DESC LIMIT 50;

-- name: built_in_source
-- The source of callers whom no other one brought, made where it is not there yet.
WITH made AS (
    INSERT INTO source (id, account_id, campaign_id, name, settings, built_in)
    VALUES (:source_id, :account_id, :campaign_id, :name, :settings, true)
    ON CONFLICT (name, account_id) DO UPDATE SET removed = false, campaign_id = excluded.campaign_id
     WHERE source.built_in
    RETURNING id
)
SELECT id FROM made;

-- name: add_calling_lead
-- An unknown caller is a lead from now on. The call is an inquiry: what consent it stands for, the campaign says.
WITH new_lead AS (
    INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, phone, country, candidates,
                      attributes, cost, raw_type, raw_body, raw_sha256, answer_status, answer, via)
    VALUES (:lead_id, :account_id, :source_id, :campaign_id, 'working', :now, :phone, 'US', :candidates, '{}', :cost,
            :raw_type, :raw_body, :raw_sha256, 202, '{}', 'call')
    RETURNING id, account_id
), new_consent AS (
    INSERT INTO consent (account_id, lead_id, channels, captured_at, recorded_at, origin)
    SELECT account_id, id, :channels, :now, :now, :origin FROM new_lead
)
INSERT INTO event (account_id, lead_id, kind, at, data)
SELECT account_id, id, 'lead.accepted', :now, jsonb_build_object('source', CAST(:source AS text), 'via', 'call')
  FROM new_lead;

-- name: add_incoming
-- The call: an attempt of its lead with the lead's leg live. Whoever decided about this person before now looks again.
WITH new_attempt AS (
    INSERT INTO attempt (id, account_id, lead_id, campaign_id, direction, number, step, channel, state, due_at,
                         lead_received_at, rank_at, mode, caller_id, lease, lease_until, permitted_at, ringing_at,
                         answered_at, origin)
    SELECT :attempt_id, l.account_id, l.id, l.campaign_id, 'inbound',
           1 + (SELECT count(*) FROM attempt WHERE lead_id = l.id AND direction = 'inbound'), 0, 'call', 'dialing', :now,
           l.received_at, :now, 'lead_first', :to_phone, :lease, :lease_until, :now, :now, :now, 'inbound'
      FROM lead l WHERE l.id = :lead_id AND l.account_id = :account_id
    RETURNING id, account_id, lead_id
), new_leg AS (
    INSERT INTO leg (id, account_id, attempt_id, kind, address, caller_id, state, carrier_call_id, placed_at,
                     ringing_at, live_at, answered_by, carrier)
    SELECT :leg_id, account_id, id, 'lead', :address, :to_phone, 'live', :carrier_call_id, :now, :now, :now, 'human',
           :carrier
      FROM new_attempt
), new_call AS (
    INSERT INTO inbound_call (id, account_id, carrier_call_id, source_id, lead_id, attempt_id, leg_id, from_phone,
                              to_phone, received_at, made_lead, stage, agent_group)
    SELECT :call_id, account_id, :carrier_call_id, :source_id, lead_id, id, :leg_id, :from_phone, :to_phone, :now,
           :made_lead, 'asking', :agent_group
      FROM new_attempt
), new_event AS (
    INSERT INTO event (account_id, lead_id, attempt_id, kind, at, data)
    SELECT account_id, lead_id, id, 'call.received', :now, jsonb_build_object('source', CAST(:source AS text))
      FROM new_attempt
)
INSERT INTO outreach (account_id, key, version)
SELECT account_id, :from_phone, 1 FROM new_attempt WHERE CAST(:from_phone AS text) IS NOT NULL
ON CONFLICT (key, account_id) DO UPDATE SET version = outreach.version + 1;

-- name: attempts_that_give_way
-- What is being dialled to a person who is on the line, and has not been told to end.
SELECT a.id FROM inbound_call i
  JOIN lead l ON l.account_id = i.account_id AND l.phone = i.from_phone
  JOIN attempt a ON a.lead_id = l.id AND a.direction = 'outbound' AND a.state IN ('claimed', 'dialing', 'unknown')
 WHERE i.attempt_id = :attempt_id AND i.ended_at IS NULL AND a.gave_way_at IS NULL
 ORDER BY a.id;

-- name: give_way
UPDATE attempt SET gave_way_at = :now WHERE id = :attempt_id AND gave_way_at IS NULL RETURNING id;

-- name: incoming_call
-- The call of an attempt, with the terms of its source.
SELECT i.id AS call_id, i.account_id, i.attempt_id, i.lead_id, i.leg_id, i.from_phone, i.to_phone, i.received_at,
       i.made_lead, i.stage, i.progress, i.agent_group, i.route, i.region, i.postal_code, i.queued_at, i.message_at,
       i.message_left_at, i.ended_at, s.id AS source_id, s.version AS source_version, s.settings AS source_settings, l.via = 'call' AS only_called
  FROM inbound_call i JOIN source s ON s.id = i.source_id JOIN lead l ON l.id = i.lead_id
 WHERE i.attempt_id = :attempt_id;

-- name: save_incoming
-- How far a call has come.
UPDATE inbound_call SET stage = :stage, progress = :progress, agent_group = :agent_group, route = :route,
       region = :region, postal_code = :postal_code, queued_at = :queued_at, message_at = :message_at
 WHERE id = :call_id;

-- name: keep_answers
-- What a caller said in the menu, kept with the lead; where the lead is said to be stays as it was first known.
UPDATE lead SET attributes = attributes || CAST(:answers AS jsonb),
       postal_code = coalesce(postal_code, :postal_code), region = coalesce(region, :region),
       candidates = CASE WHEN CAST(:made_lead AS boolean) THEN :candidates ELSE candidates END
 WHERE id = :lead_id AND account_id = :account_id;

-- name: agents_known_to_caller
-- The lead's owner, and the agent who talked with this person last; null: there is none.
SELECT l.owner_id,
       (SELECT a.agent_id FROM lead p JOIN attempt a ON a.lead_id = p.id
         WHERE p.account_id = l.account_id AND p.phone = l.phone AND a.bridged_at IS NOT NULL AND a.agent_id IS NOT NULL
         ORDER BY a.bridged_at DESC LIMIT 1) AS last_id
  FROM lead l WHERE l.id = :lead_id;

-- name: agents_for_call
-- Who could be rung now for a call: those of its group and those whom the person knows.
SELECT id AS agent_id, address, state_since AS idle_since, groups @> ARRAY[CAST(:agent_group AS text)] AS in_group FROM agent
 WHERE account_id = :account_id AND state = 'available' AND NOT removed AND line_id IS NULL
   AND (capped_until IS NULL OR capped_until <= :now)
   AND (groups @> ARRAY[CAST(:agent_group AS text)] OR id = ANY (CAST(:known AS uuid[])))
 ORDER BY state_since LIMIT 64;

-- name: reserve_for_call
-- Reserve an agent who is still free.
UPDATE agent SET state = 'reserved', state_since = :now, state_until = :until, state_reason = NULL,
       attempt_id = :attempt_id
 WHERE id = (SELECT id FROM agent WHERE id = :agent_id AND state = 'available' AND NOT removed AND line_id IS NULL
               FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id;

-- name: somebody_may_come
-- Whether anybody of the group is at work, so that waiting makes sense.
SELECT EXISTS (
    SELECT FROM agent
     WHERE account_id = :account_id AND NOT removed AND groups @> ARRAY[CAST(:agent_group AS text)]
       AND state IN ('available', 'reserved', 'ringing', 'talking', 'wrap_up') AND id <> ALL (CAST(:asked AS uuid[]))
) AS may;

-- name: callers_waiting
-- Callers for whom nobody was free, longest first.
SELECT attempt_id FROM inbound_call WHERE stage = 'waiting' ORDER BY queued_at LIMIT 50;

-- name: mark_message
-- The caller left a message; nothing is returned where that was known, or none was asked for.
UPDATE inbound_call SET message_left_at = :now, outcome = CASE outcome WHEN 'missed' THEN 'voicemail' ELSE outcome END
 WHERE attempt_id = :attempt_id AND message_at IS NOT NULL AND message_left_at IS NULL
RETURNING account_id, lead_id, from_phone;

-- name: end_incoming
-- What became of a call, and whether its source is paid for it. Nothing is returned where that was written before.
UPDATE inbound_call SET stage = 'over', ended_at = :now, outcome = :outcome, billable = :billable,
       conditions = :conditions, price = :price
 WHERE attempt_id = :attempt_id AND ended_at IS NULL
RETURNING id;

-- name: last_call_before
-- When the same phone last called the same source before.
SELECT max(received_at) AS at FROM inbound_call
 WHERE source_id = :source_id AND from_phone = CAST(:from_phone AS text) AND received_at < :before;

-- name: add_to_cost
-- A billable call adds its price to what its lead costs.
UPDATE lead SET cost = coalesce(cost, 0) + CAST(:price AS numeric) WHERE id = :lead_id AND source_id = :source_id;

-- name: planned_of_lead
-- The lead's attempts that are still to come, and those under way, locked.
SELECT id AS attempt_id, state, channel, calls_back IS NOT NULL AS gives_back FROM attempt
 WHERE lead_id = :lead_id AND account_id = :account_id AND direction = 'outbound'
   AND state IN ('scheduled', 'claimed', 'dialing', 'sending', 'unknown')
 ORDER BY id FOR NO KEY UPDATE;

-- name: bring_forward
-- A planned attempt is due now, first in line, to give a missed call back; when it was planned for is kept.
UPDATE attempt SET planned_for = CASE WHEN calls_back IS NULL THEN due_at ELSE planned_for END, due_at = :now,
       ready = false, rank_at = :rank_at, calls_back = :calls_back, note = 'gives a missed call back'
 WHERE id = :attempt_id AND state = 'scheduled';

-- name: call_back
-- An attempt of no cadence that gives a missed call back.
INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, lead_received_at,
                     rank_at, calls_back, origin, note)
SELECT :attempt_id, l.account_id, l.id, l.campaign_id,
       1 + (SELECT coalesce(max(number), 0) FROM attempt WHERE lead_id = l.id AND direction = 'outbound'), 0, 'call',
       'scheduled', :now, l.received_at, :rank_at, :calls_back, 'callback', 'gives a missed call back'
  FROM lead l WHERE l.id = :lead_id AND l.account_id = :account_id
ON CONFLICT DO NOTHING
RETURNING id;

-- name: got_through
-- The person got through: an attempt that was brought forward is due when it was planned for, and one that was made
-- only to give the call back is cancelled.
UPDATE attempt a
   SET state = CASE WHEN a.planned_for IS NULL THEN 'cancelled' ELSE 'scheduled' END,
       ended_at = CASE WHEN a.planned_for IS NULL THEN CAST(:now AS timestamptz) END,
       due_at = coalesce(a.planned_for, a.due_at), ready = false, calls_back = NULL,
       rank_at = coalesce(l.rank_at, l.received_at), note = 'the person got through'
  FROM lead l
 WHERE l.account_id = :account_id AND l.phone = CAST(:from_phone AS text) AND a.lead_id = l.id
   AND a.state = 'scheduled' AND a.calls_back IS NOT NULL;

-- name: other_open_leads
-- The same person's open leads in the campaign, locked.
SELECT id AS lead_id, state FROM lead
 WHERE account_id = :account_id AND phone = CAST(:from_phone AS text) AND campaign_id = :campaign_id
   AND id <> :lead_id AND state IN ('new', 'working')
 ORDER BY id FOR NO KEY UPDATE;

-- name: numbers_of_installation
-- Every number of every account, with the carrier account that has it.
SELECT phone, bool_or(sms) AS sms, min(carrier) AS carrier FROM phone_number WHERE NOT removed GROUP BY phone ORDER BY phone;
