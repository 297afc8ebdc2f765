-- name: claim_facts
-- What a claim is judged by: the lead, and its source's terms.
SELECT l.account_id, l.source_id, l.received_at, l.cost, l.test OR l.state = 'rejected' AS unpaid,
       s.settings AS source_settings, s.version AS source_version
  FROM lead l JOIN source s ON s.account_id = l.account_id AND s.id = l.source_id
 WHERE l.account_id = :account_id AND l.id = :lead_id;

-- name: prepare_claim
-- A claim of this lead; or, while the vendor knows nothing of the one there is, what else speaks for it. A person's
-- word replaces a suspicion. Nothing is returned where the claim there is has been sent, or this was known; and no
-- suspicion comes back that was withdrawn.
WITH prepared AS (
    INSERT INTO return_claim (id, account_id, source_id, lead_id, state, reason, suspected, evidence, amount,
                              prepared_at, deadline)
    SELECT :claim_id, :account_id, CAST(:source_id AS uuid), CAST(:lead_id AS uuid), 'prepared', CAST(:reason AS text),
           CAST(:suspected AS boolean), CAST(:evidence AS jsonb), CAST(:amount AS numeric),
           CAST(:now AS timestamptz), CAST(:deadline AS timestamptz)
     WHERE NOT (CAST(:suspected AS boolean)
                AND EXISTS (SELECT FROM return_claim WHERE lead_id = :lead_id AND state = 'withdrawn'))
    ON CONFLICT (lead_id) WHERE state <> 'withdrawn' DO UPDATE
       SET reason = CASE WHEN excluded.suspected THEN return_claim.reason ELSE excluded.reason END,
           suspected = return_claim.suspected AND excluded.suspected,
           evidence = return_claim.evidence || excluded.evidence
     WHERE return_claim.state = 'prepared' AND NOT return_claim.evidence @> excluded.evidence
    RETURNING id, account_id, lead_id, reason, suspected, amount
), new_event AS (
    INSERT INTO event (account_id, lead_id, kind, at, data)
    SELECT account_id, lead_id, 'return.prepared', :now,
           jsonb_build_object('return_id', id, 'reason', reason, 'suspected', suspected,
                              'amount', trim_scale(amount)::text)
      FROM prepared WHERE id = :claim_id
)
SELECT id FROM prepared;

-- name: withdraw_suspicion
-- Somebody was reached: that the number is not in service was wrong.
WITH withdrawn AS (
    UPDATE return_claim SET state = 'withdrawn', decided_at = :now, note = CAST(:why AS text)
     WHERE lead_id = :lead_id AND state = 'prepared' AND suspected
    RETURNING id, account_id, lead_id, reason, amount
)
INSERT INTO event (account_id, lead_id, kind, at, data)
SELECT account_id, lead_id, 'return.withdrawn', :now,
       jsonb_build_object('return_id', id, 'reason', reason, 'amount', trim_scale(amount)::text,
                          'note', CAST(:why AS text))
  FROM withdrawn;

-- name: claim_of_lead
-- The lead's claim: the one that stands, or else the last that was withdrawn.
SELECT c.id AS claim_id, c.lead_id, l.external_id, s.name AS source, l.received_at, l.phone, c.state, c.reason,
       c.suspected, c.evidence, c.amount, c.note, c.prepared_at, c.deadline, c.sent_at, c.decided_at
  FROM return_claim c
  JOIN lead l ON l.account_id = c.account_id AND l.id = c.lead_id
  JOIN source s ON s.account_id = c.account_id AND s.id = c.source_id
 WHERE c.account_id = :account_id AND c.lead_id = :lead_id
 ORDER BY c.state = 'withdrawn', c.id DESC LIMIT 1;

-- name: claims_page
-- Claims of the account, newest first, behind a cursor; those of a source, in a state, sent since, with these ids.
SELECT c.id AS claim_id, c.lead_id, l.external_id, s.name AS source, l.received_at, l.phone, c.state, c.reason,
       c.suspected, c.evidence, c.amount, c.note, c.prepared_at, c.deadline, c.sent_at, c.decided_at
  FROM return_claim c
  JOIN lead l ON l.account_id = c.account_id AND l.id = c.lead_id
  JOIN source s ON s.account_id = c.account_id AND s.id = c.source_id
 WHERE c.account_id = :account_id
   AND (CAST(:source AS text) IS NULL OR s.name = :source)
   AND (CAST(:state AS text) IS NULL OR c.state = :state)
   AND (CAST(:sent_since AS timestamptz) IS NULL OR c.sent_at >= :sent_since)
   AND (CAST(:claim_ids AS uuid[]) IS NULL OR c.id = ANY (CAST(:claim_ids AS uuid[])))
   AND (CAST(:before AS uuid) IS NULL OR c.id < :before)
 ORDER BY c.id DESC LIMIT :most;

-- name: claims_overview
-- How many claims there are of each source in each state, and over how much.
SELECT s.name AS source, c.state, count(*) AS claims, coalesce(sum(c.amount), 0) AS amount
  FROM return_claim c JOIN source s ON s.account_id = c.account_id AND s.id = c.source_id
 WHERE c.account_id = :account_id GROUP BY s.name, c.state ORDER BY s.name, c.state;

-- name: source_of_claim
SELECT source_id FROM return_claim WHERE account_id = :account_id AND id = :claim_id;

-- name: lock_terms
-- A source's terms, by its id or its name; locked, so that what is sent under a share is counted in turn.
SELECT s.id AS source_id, s.settings AS source_settings, s.version AS source_version, a.timezone
  FROM source s JOIN account a ON a.id = s.account_id
 WHERE s.account_id = :account_id
   AND (s.id = CAST(:source_id AS uuid) OR s.name = CAST(:source AS text))
   FOR NO KEY UPDATE OF s;

-- name: lock_claim
-- A claim, locked.
SELECT c.id AS claim_id, c.state, c.reason, c.deadline, l.received_at
  FROM return_claim c JOIN lead l ON l.account_id = c.account_id AND l.id = c.lead_id
 WHERE c.account_id = :account_id AND c.id = :claim_id
   FOR NO KEY UPDATE OF c;

-- name: claims_to_send
-- What is prepared of a source and can still be sent, the most urgent first; locked.
SELECT c.id AS claim_id, c.state, c.reason, c.deadline, l.received_at
  FROM return_claim c JOIN lead l ON l.account_id = c.account_id AND l.id = c.lead_id
 WHERE c.account_id = :account_id AND c.source_id = :source_id AND c.state = 'prepared' AND c.deadline > :now
 ORDER BY c.deadline, c.id LIMIT :most
   FOR NO KEY UPDATE OF c;

-- name: share_of_period
-- The leads that were accepted from a source in a period, and how many of them its vendor was asked to take back. What
-- was never sent, and what the vendor rejected, does not count.
SELECT count(*) AS accepted,
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM return_claim c
            WHERE c.lead_id = l.id AND c.sent_at IS NOT NULL AND c.state IN ('sent', 'credited', 'expired'))) AS returned
  FROM lead l
 WHERE l.source_id = :source_id AND l.received_at >= :since AND l.received_at < :until
   AND l.state <> 'rejected' AND l.answer_status > 0 AND NOT l.test;

-- name: move_claims
-- Claims in their next state, where they are not in it already, each told as an event.
WITH moved AS (
    UPDATE return_claim
       SET state = CAST(:state AS text),
           sent_at = CASE WHEN CAST(:state AS text) = 'sent' THEN :now ELSE sent_at END,
           decided_at = CASE WHEN CAST(:state AS text) = 'sent' THEN decided_at ELSE :now END,
           note = coalesce(CAST(:note AS text), note)
     WHERE account_id = :account_id AND id = ANY (CAST(:claim_ids AS uuid[]))
       AND state = ANY (CAST(:sources AS text[])) AND state <> CAST(:state AS text)
    RETURNING id, account_id, lead_id, state, reason, amount
), new_events AS (
    INSERT INTO event (account_id, lead_id, kind, at, data)
    SELECT account_id, lead_id, 'return.' || state, CAST(:now AS timestamptz),
           jsonb_build_object('return_id', id, 'reason', reason, 'amount', trim_scale(amount)::text, 'by', CAST(:by AS text))
           || jsonb_strip_nulls(jsonb_build_object('note', CAST(:note AS text)))
      FROM moved
)
SELECT id FROM moved;

-- name: expire_claims
-- Claims that were not sent in time, and those that were not answered in time, some at once.
WITH late AS (
    SELECT id FROM return_claim
     WHERE (state = 'prepared' AND deadline <= :now) OR (state = 'sent' AND sent_at <= :sent_before)
     LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
), expired AS (
    UPDATE return_claim c SET state = 'expired', decided_at = :now FROM late WHERE c.id = late.id
    RETURNING c.id, c.account_id, c.lead_id, c.reason, c.amount, c.sent_at
), new_events AS (
    INSERT INTO event (account_id, lead_id, kind, at, data)
    SELECT account_id, lead_id, 'return.expired', :now,
           jsonb_build_object('return_id', id, 'reason', reason, 'amount', trim_scale(amount)::text,
                              'sent', sent_at IS NOT NULL)
      FROM expired
)
SELECT id FROM expired;
