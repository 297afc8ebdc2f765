-- name: hold_sender
-- Texts of one sender are taken in turn, until the transaction ends: a stop and a start are never half of each.
SELECT pg_advisory_xact_lock(hashtextextended(:phone, 14)) IS NOT NULL AS held;

-- name: people_of_text
-- The accounts that a text was sent to, by the number, each with its newest lead of the sender, if it has one. A
-- number that was taken out of the configuration speaks only where nobody else has it now.
SELECT a.id AS account_id, a.name AS account, l.id AS lead_id, c.settings ->> 'seller' AS seller,
       c.settings #>> '{contact,revocation}' AS revocation
  FROM phone_number n
  JOIN account a ON a.id = n.account_id
  LEFT JOIN LATERAL (
    SELECT id, campaign_id FROM lead
     WHERE account_id = a.id AND phone = :from_phone ORDER BY received_at DESC, id DESC LIMIT 1
  ) l ON true
  LEFT JOIN campaign c ON c.account_id = a.id AND c.id = l.campaign_id
 WHERE n.phone = :to_phone
   AND (NOT n.removed OR NOT EXISTS (SELECT FROM phone_number o WHERE o.phone = n.phone AND NOT o.removed))
 ORDER BY a.id;

-- name: receive_text
-- The inbox: a row where this text is new, nothing where it was received before.
INSERT INTO inbound_text (id, account_id, carrier_message_id, from_phone, to_phone, body, media, received_at, lead_id,
                          kind, certain, matched, scope)
VALUES (:text_id, :account_id, :message_id, :from_phone, :to_phone, :body, :media, :now, :lead_id, :kind, :certain,
        :matched, :scope)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: text_followed
-- What followed from a text: the suppression, and the answer.
UPDATE inbound_text SET suppression_id = :suppression_id, answer = :answer WHERE id = :text_id;

-- name: covering_suppression
-- A suppression of the whole account by the same means that already says as much, so that another would say nothing.
SELECT id FROM suppression
 WHERE account_id = :account_id AND kind = 'phone' AND value = :phone AND origin = :origin AND campaign_id IS NULL
   AND removed_at IS NULL
   AND (channels = '{}' OR (CAST(:channels AS text[]) <> '{}' AND channels @> CAST(:channels AS text[])))
   AND (NOT doubtful OR reviewed_at IS NOT NULL OR CAST(:doubtful AS boolean))
 ORDER BY created_at LIMIT 1;

-- name: lift_from_texts
-- End what texts of this person had suppressed for texts; what it said of other channels has to be said again.
UPDATE suppression SET removed_at = :now, removed_by = 'text', removed_reason = :words
 WHERE account_id = :account_id AND kind = 'phone' AND value = :phone AND origin = 'text' AND campaign_id IS NULL
   AND removed_at IS NULL AND (channels = '{}' OR 'sms' = ANY (channels))
RETURNING id AS suppression_id, reason, words, channels, lead_id, created_at,
          doubtful AND reviewed_at IS NULL AS doubtful;

-- name: give_back_texts
-- The consent to texts holds again for the leads of a phone whose texts alone had revoked it.
WITH given AS (
    UPDATE consent SET revoked = array_remove(revoked, 'sms')
     WHERE account_id = :account_id AND 'sms' = ANY (revoked)
       AND lead_id IN (SELECT id FROM lead WHERE account_id = :account_id AND phone = :phone)
       AND NOT EXISTS (SELECT FROM consent_change c
                        WHERE c.lead_id = consent.lead_id AND c.kind = 'revoked' AND 'sms' = ANY (c.channels)
                          AND c.origin <> 'text')
    RETURNING account_id, lead_id
)
INSERT INTO consent_change (account_id, lead_id, at, kind, channels, origin, words)
SELECT account_id, lead_id, :now, 'given_back', '{sms}', 'text', :words FROM given;

-- name: person_of_attempt
-- Whom an attempt is for.
SELECT a.account_id, a.lead_id, l.phone
  FROM attempt a JOIN lead l ON l.account_id = a.account_id AND l.id = a.lead_id WHERE a.id = :attempt_id;

-- name: unseen_texts
-- Replies that ask for nothing that is known, which nobody has looked at, oldest first.
SELECT t.id AS text_id, t.from_phone, t.to_phone, t.body, t.media, t.received_at, t.lead_id
  FROM inbound_text t
 WHERE t.account_id = :account_id AND t.kind = 'none' AND t.seen_at IS NULL
 ORDER BY t.received_at, t.id LIMIT :most;

-- name: text_seen
-- Somebody looked at a reply.
UPDATE inbound_text SET seen_at = :now, seen_by = :by
 WHERE account_id = :account_id AND id = :text_id AND kind = 'none' AND seen_at IS NULL
RETURNING id;

-- name: zone_of_lead
-- Where a lead's clock is, and its phone.
SELECT phone, candidates -> 0 ->> 'zone' AS zone FROM lead WHERE id = :lead_id;

-- name: wish_followed
-- A text asked for a call, and the call is planned: nobody needs to look at it.
UPDATE inbound_text SET wish = 'call', seen_at = received_at, seen_by = 'understood' WHERE id = :text_id;
