-- name: lock_call
-- One attempt with what its calls need, locked until the transaction ends: news about one attempt is taken in turn.
SELECT a.id AS attempt_id, a.account_id, a.lead_id, a.campaign_id, a.number, a.step, a.state, a.mode, a.caller_id,
       a.agent_id, a.lease, a.lease_until, a.unknown_since, a.permitted_at, a.bridged_at, a.ended_at, a.contact,
       a.announced_at, a.notice_at, a.conference, a.conferred_at, a.controlled, a.direction, a.gave_way_at,
       a.calls_back, a.label_asked, a.labelled_as, c.version AS campaign_version,
       l.state AS lead_state, l.received_at, l.phone, l.candidates,
       l.first_name, l.last_name, l.city, l.region, l.postal_code, l.attributes, s.name AS source_name
  FROM attempt a
  JOIN campaign c ON c.id = a.campaign_id
  JOIN lead l ON l.id = a.lead_id
  JOIN source s ON s.id = l.source_id
 WHERE a.id = :attempt_id
   FOR NO KEY UPDATE OF a;

-- name: legs_of_attempt
-- The legs of an attempt, those of earlier tries included, oldest first.
SELECT id AS leg_id, kind, address, caller_id, agent_id, state, carrier, placed_at, carrier_call_id, ringing_at, live_at,
       accepted_at, ended_at, ended_as, answered_by, detected_at, carrier_code, seconds, part,
       took_over_at, withdrawn_at, named, muted, held, listens, line_id
  FROM leg WHERE attempt_id = :attempt_id ORDER BY placed_at, id;

-- name: greeted
-- The lead of a leg, with what a greeting may say of them; no lock is taken.
SELECT l.account_id, a.campaign_id, c.version AS campaign_version,
       l.first_name, l.last_name, l.city, l.region, l.postal_code, l.attributes, s.name AS source_name
  FROM leg g
  JOIN attempt a ON a.id = g.attempt_id
  JOIN campaign c ON c.id = a.campaign_id
  JOIN lead l ON l.id = a.lead_id
  JOIN source s ON s.id = l.source_id
 WHERE g.id = :leg_id AND a.id = :attempt_id;

-- name: receive_callback
-- The inbox: a row where this callback is new, nothing where it was received before, or about a leg that is none of
-- the carrier accounts' that signed it.
INSERT INTO carrier_callback (account_id, attempt_id, fingerprint, kind, fields, received_at)
SELECT account_id, id, :fingerprint, :kind, :fields, :now FROM attempt
 WHERE id = :attempt_id
   AND NOT EXISTS (SELECT FROM leg WHERE id = :leg_id AND carrier <> ALL (CAST(:signers AS text[])))
ON CONFLICT DO NOTHING
RETURNING id;

-- name: leg_of_others
-- The leg, where it is none of these carrier accounts'.
SELECT id FROM leg WHERE id = :leg_id AND carrier <> ALL (CAST(:signers AS text[]));

-- name: permit_facts
-- What the permit looks at, as it is now.
SELECT phone, candidates, received_at, contact_facts(account_id, id, campaign_id, phone, email) AS known,
       EXISTS (SELECT FROM inbound_call i
                WHERE i.from_phone = lead.phone AND i.account_id = lead.account_id AND i.ended_at IS NULL) AS on_the_line
  FROM lead WHERE id = :lead_id;

-- name: lock_person
-- The rows that say what was sent to a lead's person, locked: what was committed before is seen by what is read next.
SELECT o.version FROM lead l JOIN outreach o ON o.account_id = l.account_id AND o.key IN (l.phone, l.email)
 WHERE l.id = :lead_id ORDER BY o.key FOR NO KEY UPDATE OF o;

-- name: count_contact
-- A call or text to a lead's person is about to be made.
UPDATE outreach o SET version = o.version + 1, lifetime = o.lifetime + 1,
       recent = recent_contacts(o.recent, :now, :channel, :contact_id)
  FROM lead l WHERE l.id = :lead_id AND o.account_id = l.account_id AND o.key IN (l.phone, l.email);

-- name: uncount_contact
-- A call or text that the carrier refused was none.
UPDATE outreach o SET version = o.version + 1, lifetime = o.lifetime - 1,
       recent = (SELECT coalesce(jsonb_agg(one), '[]') FROM jsonb_array_elements(o.recent) AS one
                  WHERE one ->> 'id' <> :contact_id)
  FROM lead l
 WHERE l.id = :lead_id AND o.account_id = l.account_id AND o.key IN (l.phone, l.email)
   AND o.recent @> jsonb_build_array(jsonb_build_object('id', CAST(:contact_id AS text)));

-- name: add_permit
-- Record a decision on an attempt.
INSERT INTO permit (id, account_id, attempt_id, decided_at, decision, not_before, rule_set, rules)
VALUES (:permit_id, :account_id, :attempt_id, :decided_at, :decision, :not_before, :rule_set, :rules);

-- name: add_leg
-- A leg that the carrier is about to be asked for: the carrier of the legs that it is to meet.
INSERT INTO leg (id, account_id, attempt_id, kind, address, caller_id, agent_id, state, placed_at, carrier)
VALUES (:leg_id, :account_id, :attempt_id, :kind, :address, :caller_id, :agent_id, 'placing', :now,
        coalesce((SELECT carrier FROM leg WHERE attempt_id = :attempt_id ORDER BY placed_at DESC, id DESC LIMIT 1),
                 'first'));

-- name: save_leg
-- A leg as it now is.
UPDATE leg SET state = :state, carrier_call_id = :carrier_call_id, ringing_at = :ringing_at, live_at = :live_at,
       accepted_at = :accepted_at, ended_at = :ended_at, ended_as = :ended_as, answered_by = :answered_by,
       detected_at = :detected_at, carrier_code = :carrier_code, seconds = :seconds
 WHERE id = :leg_id;

-- name: save_call
-- What the legs add up to, while the attempt goes on or at its end; its lease is renewed.
UPDATE attempt SET state = :state, ringing_at = coalesce(ringing_at, :ringing_at),
       answered_at = coalesce(answered_at, :answered_at), bridged_at = coalesce(bridged_at, :bridged_at),
       ended_at = coalesce(ended_at, :ended_at), contact = :contact, talk_seconds = :talk_seconds,
       lease_until = :lease_until, unknown_since = :unknown_since, note = coalesce(:note, note)
 WHERE id = :attempt_id AND state = ANY (:sources)
RETURNING id;

-- name: put_back
-- Back to the plan, with the lease given up. Where its caller ID was shown to nobody, its day's count is given back.
-- A retry's rank counts from when it is due, and moves with that.
WITH before AS (
    SELECT account_id, caller_id, count_to_give_back(id) AS counted_until FROM attempt WHERE id = :attempt_id
), back AS (
    UPDATE attempt SET state = 'scheduled', due_at = :due_at, ready = false, lease = NULL, lease_until = NULL,
           agent_id = NULL, unknown_since = NULL, requested_at = NULL, counted_until = NULL, note = :note,
           gave_way_at = NULL, refused_by = :refused_by,
           rank_at = CASE WHEN number > 1 THEN rank_at + greatest(CAST(:due_at AS timestamptz) - due_at, interval '0')
                          ELSE rank_at END,
           passed_by = passed_by || CAST(:passed_by AS uuid[])
     WHERE id = :attempt_id AND state = ANY (:sources)
    RETURNING id
), uncounted AS (
    UPDATE phone_number p SET day_calls = p.day_calls - 1 FROM before, back
     WHERE p.account_id = before.account_id AND p.phone = before.caller_id
       AND p.day_ends = before.counted_until AND p.day_calls > 0
)
SELECT id FROM back;

-- name: finish_attempt
-- End an attempt that will not be made: refused, cancelled or expired. Its caller ID's count is given back, as above.
WITH before AS (
    SELECT account_id, caller_id, count_to_give_back(id) AS counted_until FROM attempt WHERE id = :attempt_id
), done AS (
    UPDATE attempt SET state = :state, ended_at = :now, lease = NULL, lease_until = NULL, counted_until = NULL,
           note = :note
     WHERE id = :attempt_id AND state = ANY (:sources)
    RETURNING id
), uncounted AS (
    UPDATE phone_number p SET day_calls = p.day_calls - 1 FROM before, done
     WHERE p.account_id = before.account_id AND p.phone = before.caller_id
       AND p.day_ends = before.counted_until AND p.day_calls > 0
)
SELECT id FROM done;

-- name: cancel_scheduled
-- Withdraw every attempt of a lead that the carrier has not heard of.
UPDATE attempt SET state = 'cancelled', ended_at = :now, lease = NULL, lease_until = NULL, note = :note
 WHERE lead_id = :lead_id AND account_id = :account_id AND state IN ('scheduled', 'claimed')
RETURNING id;

-- name: set_lead_state
-- The lead's state, where it is not already so.
UPDATE lead SET state = :state WHERE id = :lead_id AND state <> :state RETURNING id;

-- name: lead_worked
-- Something was made of a lead that was new.
UPDATE lead SET state = 'working' WHERE id = :lead_id AND state = 'new';

-- name: lead_state
-- The lead's state, locked.
SELECT state FROM lead WHERE id = :lead_id AND account_id = :account_id FOR NO KEY UPDATE;

-- name: overdue_attempts
-- Live attempts whose lease has run out; taken by one sweeper at a time.
SELECT id AS attempt_id, state FROM attempt
 WHERE (state IN ('claimed', 'dialing', 'unknown') OR (state = 'connected' AND ended_at IS NULL))
   AND lease_until <= :now AND channel = 'call'
 ORDER BY lease_until LIMIT :most FOR NO KEY UPDATE SKIP LOCKED;

-- name: legs_left
-- Legs that are not known to be over, of attempts that are, or that are being made anew. Parties of a talk are looked
-- after elsewhere (parties_left).
SELECT l.id AS leg_id, l.attempt_id, l.address, l.caller_id, l.carrier, l.carrier_call_id, l.placed_at,
       l.line_id IS NOT NULL AS on_a_line, l.placed_at < a.permitted_at AS of_earlier_try, a.ended_at AS over_at
  FROM leg l JOIN attempt a ON a.id = l.attempt_id
 WHERE l.state <> 'ended' AND l.placed_at <= :before
   AND l.part IS NULL AND l.kind <> 'supervisor' AND l.withdrawn_at IS NULL
   AND (a.ended_at <= :before OR a.state = 'scheduled' OR l.placed_at < a.permitted_at)
 ORDER BY l.placed_at LIMIT :most;

-- name: renew_lease
-- Look at these attempts again only after a moment.
UPDATE attempt SET lease_until = :lease_until WHERE id = ANY (:attempt_ids);

-- name: adopt_attempt
-- The carrier knows a call of an attempt that was given up as never made: it is under way after all.
UPDATE attempt SET state = 'dialing', agent_id = coalesce(agent_id, :agent_id), unknown_since = NULL,
       requested_at = coalesce(requested_at, :placed_at), lease_until = :lease_until
 WHERE id = :attempt_id AND state = ANY (:sources)
RETURNING id;

-- name: mark_unknown
-- The carrier may or may not have the call.
UPDATE attempt SET state = 'unknown', unknown_since = coalesce(unknown_since, :now), lease_until = :lease_until,
       note = :note
 WHERE id = :attempt_id AND state = ANY (:sources)
RETURNING id;

-- name: known_call_ids
-- Which of these carrier calls belong to a leg already.
SELECT carrier_call_id FROM leg WHERE carrier_call_id = ANY (:call_ids) AND line_id IS NULL
UNION ALL
SELECT carrier_call_id FROM agent_line WHERE carrier_call_id = ANY (:call_ids);

-- name: waiting_too_long
-- Calls that are due and found no agent for the campaign's wait, reported once each.
UPDATE attempt SET note = 'waiting for an agent'
 WHERE id IN (SELECT a.id FROM attempt a
               JOIN campaign c ON c.id = a.campaign_id
              WHERE a.state = 'scheduled' AND a.channel = 'call' AND a.note IS DISTINCT FROM 'waiting for an agent'
                AND a.due_at <= CAST(:now AS timestamptz) - make_interval(secs => (c.settings #>> '{dial,no_agent,wait}')::double precision)
              ORDER BY a.id LIMIT 200 FOR NO KEY UPDATE OF a SKIP LOCKED)
RETURNING id AS attempt_id, account_id, lead_id;

-- name: plan_callback
-- Nobody is at work who may take it: it is called at another time, and first in line then.
UPDATE attempt SET due_at = :due_at, rank_at = :rank_at, ready = false, note = :note
 WHERE id = :attempt_id AND state = 'scheduled'
RETURNING id;

-- name: plan_promise
-- A text that tells a lead when it will be called; worth nothing from then on.
INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, lead_received_at,
                     rank_at, origin, words, not_after)
SELECT :attempt_id, account_id, id, campaign_id,
       (SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE lead_id = lead.id), 0, 'sms', 'scheduled', :due_at,
       received_at, coalesce(rank_at, received_at), 'callback', :words, :not_after
  FROM lead
 WHERE id = :lead_id AND account_id = :account_id AND state IN ('new', 'working', 'contacted')
ON CONFLICT DO NOTHING
RETURNING id;
