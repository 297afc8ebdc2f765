-- name: place_hold
-- Nothing of this lead is removed from now on. Nothing is returned where one stands already.
INSERT INTO legal_hold (id, account_id, lead_id, reason, placed_at, placed_by)
VALUES (:hold_id, :account_id, :lead_id, :reason, :now, :by)
ON CONFLICT DO NOTHING RETURNING id;

-- name: lift_hold
-- End a hold; its row stays.
UPDATE legal_hold SET lifted_at = :now, lifted_by = :by
 WHERE account_id = :account_id AND lead_id = :lead_id AND lifted_at IS NULL RETURNING id;

-- name: lock_kept_lead
-- Let one hold or erasure of a lead at a time go on, until the transaction ends. What stands is asked afterwards, in a
-- statement of its own: this one would not see what was committed while it waited.
SELECT pg_advisory_xact_lock(hashtextextended('lead:' || CAST(CAST(:lead_id AS uuid) AS text), 0)) IS NOT NULL AS free;

-- name: standing_of_lead
-- What stands in the way of erasing a lead.
SELECT EXISTS (SELECT FROM legal_hold WHERE lead_id = l.id AND lifted_at IS NULL) AS held,
       EXISTS (SELECT FROM erasure WHERE lead_id = l.id) AS erased,
       EXISTS (SELECT FROM attempt WHERE lead_id = l.id
                AND (state IN ('claimed', 'dialing', 'sending', 'unknown') OR (state = 'connected' AND ended_at IS NULL)))
       AS calling
  FROM lead l WHERE l.id = :lead_id AND l.account_id = :account_id;

-- name: lock_attempts
-- Every attempt of a lead, locked.
SELECT id FROM attempt WHERE lead_id = :lead_id AND account_id = :account_id ORDER BY id FOR NO KEY UPDATE;

-- name: add_erasure
-- An erasure, with the number and the address by which the person's contacts of the last day are still counted.
INSERT INTO erasure (id, account_id, lead_id, at, ordered_by, reason, keys)
SELECT :erasure_id, account_id, id, :now, :by, :reason, array_remove(ARRAY[phone, email], NULL)
  FROM lead WHERE id = :lead_id AND account_id = :account_id;

-- name: erase_contact
-- The digests by which the person was known as a duplicate, in every scope that a source may choose.
DELETE FROM recent_key
 WHERE scope_id = ANY (CAST(:scopes AS uuid[])) AND key = ANY (CAST(:keys AS bytea[])) AND lead_id = :lead_id
   AND account_id = :account_id;

-- name: erase_lead
-- Personal data of a lead and of its consent. What stays says that there was a lead, from where, and what became of it.
WITH of_lead AS (
    UPDATE lead SET phone = NULL, email = NULL, first_name = NULL, last_name = NULL, address = NULL, city = NULL,
           postal_code = NULL, attributes = '{}', raw_body = '', raw_sha256 = sha256(''), kept = 0,
           findings = (SELECT coalesce(jsonb_agg(f || '{"inputs": {}, "words": ""}'), '[]')
                         FROM jsonb_array_elements(findings_in_full(findings, (
                                  SELECT entries FROM finding_shape s
                                   WHERE s.digest = lead.finding_shape AND s.account_id = lead.account_id),
                              mail_finding)) AS f),
           finding_shape = NULL, mail_finding = NULL,
           score_parts = (SELECT coalesce(jsonb_agg(s || '{"inputs": {}, "words": ""}'), '[]')
                            FROM jsonb_array_elements(score_parts) AS s)
     WHERE id = :lead_id AND account_id = :account_id
    RETURNING id
), of_consent AS (
    UPDATE consent SET url = NULL, ip = NULL, user_agent = NULL, trustedform_cert_url = NULL, leadid_token = NULL
     WHERE lead_id IN (SELECT id FROM of_lead)
), of_changes AS (
    UPDATE consent_change SET words = NULL WHERE lead_id IN (SELECT id FROM of_lead) AND words IS NOT NULL
)
UPDATE lead_touch SET consent = '{}', raw_body = '', raw_sha256 = sha256('')
 WHERE lead_id IN (SELECT id FROM of_lead);

-- name: erase_around_lead
-- The same of its calls, of what was reported and claimed, of what was asked before, and of its ledger entries. A
-- suppression keeps its number or address: without it the stop would not hold. Its words go.
WITH called AS (
    SELECT id FROM attempt WHERE lead_id = :lead_id AND account_id = :account_id
), legs AS (
    UPDATE leg SET address = 'erased' WHERE attempt_id IN (SELECT id FROM called) AND kind = 'lead'
), cards AS (
    DELETE FROM lead_card WHERE lead_id = :lead_id AND account_id = :account_id
), said AS (
    UPDATE disposition SET given = given - 'note'
     WHERE lead_id = :lead_id AND account_id = :account_id AND given ? 'note'
), typed AS (
    UPDATE attempt SET words = NULL WHERE id IN (SELECT id FROM called) AND origin = 'agent' AND words IS NOT NULL
), calls_in AS (
    UPDATE inbound_call SET from_phone = NULL, postal_code = NULL, progress = '{}'
     WHERE lead_id = :lead_id AND account_id = :account_id
), callbacks AS (
    UPDATE carrier_callback SET fields = '{}' WHERE attempt_id IN (SELECT id FROM called)
), messages AS (
    UPDATE voicemail SET words = '' WHERE attempt_id IN (SELECT id FROM called)
), outcomes AS (
    UPDATE outcome SET note = NULL WHERE lead_id = :lead_id AND account_id = :account_id AND note IS NOT NULL
), claims AS (
    UPDATE return_claim SET note = NULL, evidence = '[]' WHERE lead_id = :lead_id AND account_id = :account_id
), pings AS (
    UPDATE ping SET asked = '{}' WHERE lead_id = :lead_id AND account_id = :account_id
), stops AS (
    UPDATE suppression SET words = NULL WHERE lead_id = :lead_id AND account_id = :account_id AND words IS NOT NULL
), deliveries AS (
    UPDATE webhook_delivery d SET data = d.data - 'note'
      FROM event e JOIN webhook w ON w.account_id = e.account_id
     WHERE e.lead_id = :lead_id AND e.account_id = :account_id AND d.webhook_id = w.id AND d.event_id = e.id
       AND d.data ? 'note'
), sent AS (
    UPDATE message SET receiver = 'erased', subject = NULL, body = ''
     WHERE lead_id = :lead_id AND account_id = :account_id
), planned AS (
    UPDATE attempt SET words = NULL WHERE id IN (SELECT id FROM called) AND words IS NOT NULL
), mailed AS (
    UPDATE mail_event SET body = NULL WHERE lead_id = :lead_id AND account_id = :account_id AND body IS NOT NULL
), promised AS (
    UPDATE callback SET note = NULL WHERE lead_id = :lead_id AND account_id = :account_id AND note IS NOT NULL
), tasks AS (
    UPDATE task SET title = 'erased' WHERE lead_id = :lead_id AND account_id = :account_id
), texts AS (
    UPDATE inbound_text SET from_phone = 'erased', body = '', media = '{}'
     WHERE lead_id = :lead_id AND account_id = :account_id
), told AS (
    UPDATE event SET data = data - 'note' WHERE lead_id = :lead_id AND account_id = :account_id AND data ? 'note'
)
DELETE FROM ledger_personal p USING ledger l
 WHERE l.lead_id = :lead_id AND l.account_id = :account_id AND p.account_id = l.account_id AND p.seq = l.seq;

-- name: forget_contacts
-- A day after an erasure nothing is counted by the person's number and address any more, unless another lead has them.
WITH due AS (
    UPDATE erasure e SET keys = '{}' FROM erasure o
     WHERE e.id = o.id AND o.keys <> '{}' AND o.at < :before
    RETURNING o.account_id, o.keys
), gone AS (
    DELETE FROM outreach o USING due
     WHERE o.account_id = due.account_id AND o.key = ANY (due.keys)
       AND NOT EXISTS (SELECT FROM lead WHERE account_id = o.account_id AND phone = o.key)
       AND NOT EXISTS (SELECT FROM lead WHERE account_id = o.account_id AND email = o.key)
    RETURNING 1
)
SELECT count(*) AS rows FROM due;

-- name: retention_of_accounts
-- How long each account keeps what.
SELECT id AS account_id, retention FROM account;

-- name: account_retention
-- How long one account keeps what.
SELECT id AS account_id, retention FROM account WHERE id = :account_id;

-- name: set_retention
UPDATE account SET retention = :retention WHERE id = :account_id;

-- name: aged_leads
-- Leads whose time is over; those that are held or being called are left for later.
SELECT l.account_id, l.id AS lead_id FROM lead l
 WHERE l.account_id = :account_id AND l.received_at < :before AND l.kept IN (1, 2)
   AND NOT EXISTS (SELECT FROM legal_hold WHERE lead_id = l.id AND lifted_at IS NULL)
   AND NOT EXISTS (SELECT FROM attempt WHERE lead_id = l.id
                    AND (state IN ('claimed', 'dialing', 'sending', 'unknown') OR (state = 'connected' AND ended_at IS NULL)))
 LIMIT :most;

-- name: drop_raw_bodies
-- Posted bodies whose time is over, of leads that are not held; their digests stay.
WITH aged AS (
    SELECT l.id FROM lead l
     WHERE l.account_id = :account_id AND l.received_at < :before AND l.kept = 2
       AND NOT EXISTS (SELECT FROM legal_hold WHERE lead_id = l.id AND lifted_at IS NULL)
     LIMIT :most
), of_lead AS (
    UPDATE lead SET raw_body = '', kept = 1 FROM aged WHERE lead.id = aged.id RETURNING 1
), of_touch AS (
    UPDATE lead_touch SET raw_body = '' FROM aged WHERE lead_touch.lead_id = aged.id
)
SELECT count(*) AS rows FROM of_lead;
