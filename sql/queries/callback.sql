-- name: lead_to_call_back
-- What a promised call needs of a lead: whether it is open, where the person is, and the campaign that it goes by.
SELECT l.state, l.phone, l.email, l.candidates, l.campaign_id, coalesce(l.cadence_version, c.version) AS version, l.arms
  FROM lead l JOIN campaign c ON c.id = l.campaign_id
 WHERE l.id = :lead_id AND l.account_id = :account_id;

-- name: hold_replaceable
-- What a promised call takes the place of: the cadence's next attempt, and what was promised before; locked in one
-- order.
SELECT id AS attempt_id, step FROM attempt
 WHERE lead_id = :lead_id AND account_id = :account_id AND state = 'scheduled' AND origin IN ('cadence', 'callback')
 ORDER BY id FOR NO KEY UPDATE;

-- name: end_promises
-- Promised calls of a lead that are replaced or withdrawn: those whose call has not begun.
UPDATE callback k SET cancelled_at = :now, cancelled_by = :by
 WHERE k.lead_id = :lead_id AND k.account_id = :account_id AND k.cancelled_at IS NULL
   AND (CAST(:callback_id AS uuid) IS NULL OR k.id = CAST(:callback_id AS uuid))
   AND NOT EXISTS (SELECT FROM attempt a WHERE a.callback_id = k.id AND a.channel = 'call' AND a.state <> 'cancelled'
                                           AND a.state <> 'scheduled')
RETURNING id;

-- name: add_callback
INSERT INTO callback (id, account_id, lead_id, at, zone, agent_id, note, remind, mail, asked_by, made_at)
VALUES (:callback_id, :account_id, :lead_id, :at, :zone, :agent_id, :note, :remind, :mail, :by, :now);

-- name: move_callback
-- Another time, agent or note for a promised call.
UPDATE callback SET at = :at, agent_id = :agent_id, note = :note, remind = :remind, moves = moves + 1, moved_at = :now
 WHERE id = :callback_id AND account_id = :account_id AND cancelled_at IS NULL;

-- name: callbacks_page
-- Promised calls: of one lead, or all that are still to come, the soonest first. With an agent: the agent's own, and
-- those that are anyone's.
SELECT k.id AS callback_id, k.account_id, k.lead_id, k.at, k.zone, g.name AS agent, k.note, k.remind, k.mail,
       k.asked_by, k.made_at, k.moves, k.moved_at, k.cancelled_at, k.cancelled_by,
       CASE WHEN k.cancelled_at IS NOT NULL THEN 'cancelled' ELSE coalesce(a.state, 'cancelled') END AS state,
       l.first_name, l.last_name, l.phone, c.name AS campaign, c.settings ->> 'seller' AS seller
  FROM callback k
  JOIN lead l ON l.id = k.lead_id
  JOIN campaign c ON c.id = l.campaign_id
  LEFT JOIN agent g ON g.id = k.agent_id
  LEFT JOIN LATERAL (SELECT state FROM attempt WHERE callback_id = k.id AND channel = 'call'
                      ORDER BY number DESC LIMIT 1) a ON true
 WHERE k.account_id = :account_id
   AND CASE WHEN CAST(:lead_id AS uuid) IS NOT NULL THEN k.lead_id = CAST(:lead_id AS uuid)
            ELSE k.cancelled_at IS NULL AND a.state = 'scheduled' END
   AND (CAST(:agent AS text) IS NULL OR k.agent_id IS NULL OR g.name = CAST(:agent AS text))
   AND (CAST(:callback_id AS uuid) IS NULL OR k.id = CAST(:callback_id AS uuid))
   AND (CAST(:after_at AS timestamptz) IS NULL OR (k.at, k.id) > (:after_at, CAST(:after_id AS uuid)))
 ORDER BY k.at, k.id LIMIT :most;

-- name: callback_by_id
-- One promised call, whoever's it is: for its own link, and for what is written about it.
SELECT k.id AS callback_id, k.account_id, k.lead_id, k.at, k.zone, k.made_at, k.moves, k.moved_at, k.cancelled_at,
       c.settings ->> 'seller' AS seller
  FROM callback k
  JOIN lead l ON l.id = k.lead_id
  JOIN campaign c ON c.id = l.campaign_id
 WHERE k.id = :callback_id;

-- name: plan_promised
-- A call, its reminder or its mail; nothing where the lead is no longer open.
INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, lead_received_at,
                     rank_at, origin, callback_id)
SELECT :attempt_id, account_id, id, campaign_id,
       (SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE lead_id = lead.id), 0, :channel, 'scheduled', :due_at,
       received_at, :rank_at, 'callback', :callback_id
  FROM lead
 WHERE id = :lead_id AND account_id = :account_id AND state IN ('new', 'working', 'contacted', 'exhausted')
ON CONFLICT DO NOTHING
RETURNING id;

-- name: cancel_unpromised
-- Withdraw every attempt of a lead that the carrier has not heard of, but for what was promised since: a call that was
-- agreed on in the talk that has just ended stays, and so does a text that an agent typed.
UPDATE attempt a SET state = 'cancelled', ended_at = :now, lease = NULL, lease_until = NULL, note = :note
 WHERE a.lead_id = :lead_id AND a.account_id = :account_id AND a.state IN ('scheduled', 'claimed')
   AND a.origin <> 'agent'
   AND NOT EXISTS (SELECT FROM callback k WHERE k.id = a.callback_id AND greatest(k.made_at, k.moved_at) >= :since)
RETURNING a.id;
