-- name: send_candidates
-- Texts and mails whose time has come, the earliest first, with what the permit and the words need. Whoever is being
-- called or written to in this moment comes later, and stands in nobody's way. Held: a reply of this person waits to be
-- looked at, and nothing that is automatic is sent until somebody has.
SELECT a.id AS attempt_id, a.account_id, a.lead_id, a.campaign_id, c.version AS campaign_version,
       coalesce(a.cadence_version, c.version) AS cadence_version, a.step, a.channel, a.origin, a.callback_id, a.words,
       a.due_at, a.not_after,
       c.paused OR c.removed AS paused,
       a.origin = 'cadence' AND EXISTS (
           SELECT FROM inbound_text t
            WHERE t.account_id = a.account_id AND t.from_phone = l.phone AND t.kind = 'none' AND t.seen_at IS NULL) AS held,
       l.received_at AS lead_received_at, l.phone, l.email, l.candidates,
       contact_facts(l.account_id, l.id, a.campaign_id, l.phone, l.email) AS known,
       l.first_name, l.last_name, l.city, l.region, l.postal_code, l.attributes, l.arms, s.name AS source_name,
       ARRAY(SELECT phone FROM phone_number
              WHERE account_id = a.account_id AND sms AND NOT removed AND carrier = 'first' -- by which texts go
              ORDER BY phone) AS numbers
  FROM attempt a
  JOIN lead l ON l.id = a.lead_id
  JOIN campaign c ON c.id = a.campaign_id
  JOIN source s ON s.id = l.source_id
 WHERE a.state = 'scheduled' AND a.channel <> 'call' AND a.channel IN ('sms', 'email') AND a.due_at <= :now
   AND NOT EXISTS (SELECT FROM attempt o
                    WHERE o.lead_id = a.lead_id
                      AND (o.state IN ('claimed', 'dialing', 'sending', 'unknown')
                           OR (o.state = 'connected' AND o.ended_at IS NULL)))
 ORDER BY a.due_at LIMIT :most;

-- name: next_to_send
-- The moment at which the next text or mail becomes due; it may have passed.
SELECT min(due_at) AS due_at FROM (
    (SELECT due_at FROM attempt WHERE state = 'scheduled' AND channel <> 'call' AND channel IN ('sms', 'email')
      ORDER BY due_at LIMIT 1)
) soonest;

-- name: send_attempts
-- Commit texts and mails to sending, with their permits and messages, before anybody who carries them hears of them:
-- one statement. Whoever was contacted or suppressed, or wrote back, since the facts were read is left out. The
-- person's rows are locked first, as in dial_attempts.
WITH wanted AS (
    SELECT * FROM unnest(CAST(:attempt_ids AS uuid[]), CAST(:leases AS uuid[]), CAST(:permit_ids AS uuid[]),
                         CAST(:message_ids AS uuid[]), CAST(:account_ids AS uuid[]), CAST(:phones AS text[]),
                         CAST(:emails AS text[]), CAST(:versions AS bigint[]), CAST(:channels AS text[]),
                         CAST(:senders AS text[]), CAST(:receivers AS text[]), CAST(:subjects AS text[]),
                         CAST(:bodies AS text[]), CAST(:encodings AS text[]), CAST(:segments AS integer[]))
      WITH ORDINALITY
      AS w (attempt_id, lease, permit_id, message_id, account_id, phone, email, version, channel, sender, receiver,
            subject, body, encoding, segments, n)
), person AS MATERIALIZED (
    SELECT key, account_id, version FROM outreach
     WHERE (key, account_id) IN (SELECT phone, account_id FROM wanted UNION SELECT email, account_id FROM wanted)
     ORDER BY key, account_id FOR NO KEY UPDATE
), taken AS MATERIALIZED (
    SELECT w.*, a.lead_id FROM attempt a JOIN wanted w ON w.attempt_id = a.id
     WHERE a.state = 'scheduled' AND a.due_at <= :now
       AND w.version = (SELECT coalesce(sum(p.version), 0) FROM person p
                         WHERE p.key IN (w.phone, w.email) AND p.account_id = w.account_id)
       AND NOT EXISTS (SELECT FROM attempt o
                        WHERE o.lead_id = a.lead_id
                          AND (o.state IN ('claimed', 'dialing', 'sending', 'unknown')
                               OR (o.state = 'connected' AND o.ended_at IS NULL)))
     FOR NO KEY UPDATE OF a SKIP LOCKED
), sending AS (
    UPDATE attempt SET state = 'sending', lease = taken.lease, lease_until = :lease_until, claimed_at = :now,
           permitted_at = :now, tries = tries + 1, caller_id = taken.sender
      FROM taken WHERE attempt.id = taken.attempt_id
    RETURNING attempt.id, attempt.account_id, attempt.lead_id, taken.message_id, taken.n
), new_permit AS (
    INSERT INTO permit (id, account_id, attempt_id, decided_at, decision, rule_set, rules)
    SELECT t.permit_id, s.account_id, s.id, :now, 'allowed', :rule_set,
           CAST(:rules AS jsonb) -> CAST(s.n - 1 AS integer)
      FROM sending s JOIN taken t ON t.attempt_id = s.id
), new_message AS (
    INSERT INTO message (id, account_id, lead_id, attempt_id, channel, sender, receiver, subject, body, encoding,
                         segments, state, made_at)
    SELECT t.message_id, s.account_id, s.lead_id, s.id, t.channel, t.sender, t.receiver, t.subject, t.body, t.encoding,
           t.segments, 'sending', :now
      FROM sending s JOIN taken t ON t.attempt_id = s.id
), counted AS (
    UPDATE outreach o SET version = o.version + 1, lifetime = o.lifetime + 1,
           recent = recent_contacts(o.recent, :now, 'sms', t.message_id)
      FROM sending s JOIN taken t ON t.attempt_id = s.id
     WHERE t.channel = 'sms' AND o.key IN (t.phone, t.email) AND o.account_id = t.account_id
), new_event AS (
    INSERT INTO event (account_id, lead_id, attempt_id, kind, at)
    SELECT account_id, lead_id, id, 'attempt.sending', :now FROM sending
)
SELECT id FROM sending;

-- name: lock_send
-- A text or a mail with its message, locked until the transaction ends.
SELECT a.id AS attempt_id, a.account_id, a.lead_id, a.campaign_id, a.channel, a.state, a.lease, a.unknown_since,
       a.permitted_at, m.id AS message_id, m.state AS message_state, m.sender, m.receiver, m.body, m.made_at,
       m.provider_message_id
  FROM attempt a
  LEFT JOIN LATERAL (SELECT * FROM message WHERE attempt_id = a.id ORDER BY made_at DESC LIMIT 1) m ON true
 WHERE a.id = :attempt_id
   FOR NO KEY UPDATE OF a;

-- name: message_sent
-- Whoever carries it has it.
UPDATE message SET state = CASE WHEN state IN ('sending', 'unknown') THEN 'sent' ELSE state END,
       provider_message_id = coalesce(provider_message_id, :provider_id), sent_at = coalesce(sent_at, :now)
 WHERE id = :message_id;

-- name: message_ended
-- It was not taken, or nobody can say.
UPDATE message SET state = :state, provider_code = :provider_code, ended_at = :now
 WHERE id = :message_id AND state IN ('sending', 'unknown');

-- name: conclude_send
-- How an attempt to write ended.
UPDATE attempt SET state = :state, requested_at = coalesce(requested_at, permitted_at), ended_at = :now, lease = NULL,
       lease_until = NULL, unknown_since = NULL, note = coalesce(:note, note)
 WHERE id = :attempt_id AND state = ANY (:sources)
RETURNING id;

-- name: unsend
-- Nothing was sent: back to the plan.
UPDATE attempt SET state = 'scheduled', due_at = :due_at, lease = NULL, lease_until = NULL, unknown_since = NULL,
       note = :note
 WHERE id = :attempt_id AND state = ANY (:sources)
RETURNING id;

-- name: overdue_sends
-- Texts and mails under way whose lease has run out; taken by one sweeper at a time.
SELECT id AS attempt_id, state FROM attempt
 WHERE state IN ('claimed', 'sending', 'unknown') AND channel <> 'call' AND lease_until <= :now
 ORDER BY lease_until LIMIT :most FOR NO KEY UPDATE SKIP LOCKED;

-- name: message_by_id
-- The message that a receipt is about, locked.
SELECT id AS message_id, account_id, lead_id, attempt_id, channel, state, receiver FROM message
 WHERE id = :message_id FOR NO KEY UPDATE;

-- name: receipt_taken
-- A receipt of a higher rank.
UPDATE message SET state = :state, provider_code = coalesce(:provider_code, provider_code),
       provider_message_id = coalesce(provider_message_id, :provider_id),
       ended_at = CASE WHEN :final THEN CAST(:at AS timestamptz) ELSE ended_at END,
       sent_at = coalesce(sent_at, :at)
 WHERE id = :message_id;

-- name: known_message_ids
-- Which of these ids belong to a message already.
SELECT provider_message_id FROM message WHERE provider_message_id = ANY (:provider_ids);

-- name: thread_of_lead
-- What was written to a lead, and what its person wrote to the account since it came, in order.
SELECT id AS message_id, 'out' AS direction, channel, made_at AS at, sender, receiver, subject, body, encoding,
       segments, state, provider_code, CAST('{}' AS text[]) AS media
  FROM message WHERE account_id = :account_id AND lead_id = :lead_id
UNION ALL
SELECT t.id, 'in', 'sms', t.received_at, t.from_phone, t.to_phone, NULL, t.body, NULL, NULL,
       CASE WHEN t.wish IS NOT NULL THEN 'asks for a call' WHEN t.kind = 'none' THEN 'reply' ELSE t.kind END, NULL,
       t.media
  FROM inbound_text t JOIN lead l ON l.account_id = t.account_id AND l.phone = t.from_phone
 WHERE t.account_id = :account_id AND l.id = :lead_id AND t.received_at >= l.received_at
UNION ALL
SELECT e.id, 'in', 'email', e.at, m.receiver, m.sender, NULL, coalesce(e.body, ''), NULL, NULL,
       CASE WHEN e.kind = 'replied' AND e.read_as <> 'none' THEN e.read_as ELSE e.kind END, e.code, CAST('{}' AS text[])
  FROM mail_event e JOIN message m ON m.id = e.message_id
 WHERE e.account_id = :account_id AND e.lead_id = :lead_id
 ORDER BY at, message_id;

-- name: message_owner
-- Who a mail was sent to, and whether they have asked for no more.
SELECT m.account_id, m.lead_id, m.receiver, a.name AS account, c.settings ->> 'seller' AS seller,
       EXISTS (SELECT FROM suppression s
                WHERE s.account_id = m.account_id AND s.kind = 'email' AND s.value = m.receiver
                  AND s.campaign_id IS NULL AND s.removed_at IS NULL
                  AND (s.channels = '{}' OR 'email' = ANY (s.channels))) AS ended
  FROM message m
  JOIN account a ON a.id = m.account_id
  JOIN lead l ON l.id = m.lead_id
  JOIN campaign c ON c.id = l.campaign_id
 WHERE m.id = :message_id AND m.channel = 'email';
