-- name: accounts_to_chain
-- Accounts in which something waits to be chained.
SELECT id FROM account WHERE EXISTS (SELECT FROM ledger_pending p WHERE p.account_id = account.id);

-- name: lock_chain
-- Let one chainer at a time work on an account, until the transaction ends.
SELECT pg_try_advisory_xact_lock(hashtextextended('ledger:' || CAST(CAST(:account_id AS uuid) AS text), 0)) AS free;

-- name: wait_for_chain
-- The same, and wait for it.
SELECT pg_advisory_xact_lock(hashtextextended('ledger:' || CAST(CAST(:account_id AS uuid) AS text), 0)) IS NOT NULL
       AS free;

-- name: ledger_head
-- The newest entry of an account.
SELECT seq, hash FROM ledger WHERE account_id = :account_id ORDER BY seq DESC LIMIT 1;

-- name: ledger_waiting
-- What waits to be chained, in the order in which it was written down, with what the rows say of it. Nothing personal
-- is told of a lead that was erased.
SELECT p.id AS pending_id, p.kind, p.reference, CAST(s.said ->> 'lead_id' AS uuid) AS lead_id,
       CAST(s.said ->> 'at' AS timestamptz) AS at, CAST(s.said -> 'facts' AS text) AS facts,
       CASE WHEN NOT EXISTS (SELECT FROM erasure e WHERE e.lead_id = CAST(s.said ->> 'lead_id' AS uuid))
            THEN CAST(nullif(s.said -> 'personal', 'null') AS text) END AS personal
  FROM (SELECT id, account_id, kind, reference FROM ledger_pending
         WHERE account_id = :account_id ORDER BY id LIMIT :most) p
 CROSS JOIN LATERAL (SELECT ledger_says(p.kind, p.account_id, p.reference) AS said OFFSET 0) s
 ORDER BY p.id;

-- name: add_to_ledger
-- Write entries down, and take what they were made from off the queue.
WITH entry AS (
    SELECT * FROM unnest(CAST(:seqs AS bigint[]), CAST(:pending_ids AS bigint[]), CAST(:kinds AS text[]),
                         CAST(:lead_ids AS uuid[]), CAST(:references AS text[]), CAST(:ats AS timestamptz[]),
                         CAST(:salts AS bytea[]), CAST(:facts AS text[]), CAST(:personal_digests AS bytea[]),
                         CAST(:digests AS bytea[]), CAST(:hashes AS bytea[]), CAST(:personal_salts AS bytea[]),
                         CAST(:personals AS text[]))
      AS e (seq, pending_id, kind, lead_id, reference, at, salt, facts, personal_digest, digest, hash, personal_salt,
            personal)
), personal AS (
    INSERT INTO ledger_personal (account_id, seq, salt, body)
    SELECT :account_id, seq, personal_salt, personal FROM entry WHERE personal IS NOT NULL
), done AS (
    DELETE FROM ledger_pending
     WHERE account_id = :account_id AND id = ANY (CAST(:pending_ids AS bigint[]))
)
INSERT INTO ledger (account_id, seq, pending_id, kind, lead_id, reference, at, chained_at, salt, facts,
                    personal_digest, digest, hash)
SELECT :account_id, seq, pending_id, kind, lead_id, reference, at, :now, salt, facts, personal_digest, digest, hash
  FROM entry;

-- name: ledger_page
-- Entries of an account in order, with their personal data where it is still there.
SELECT l.seq, l.kind, l.reference, l.lead_id, l.at, l.salt, l.facts, l.personal_digest, l.digest, l.hash,
       p.salt AS personal_salt, p.body AS personal
  FROM ledger l LEFT JOIN ledger_personal p ON p.account_id = l.account_id AND p.seq = l.seq
 WHERE l.account_id = :account_id AND l.seq > :after ORDER BY l.seq LIMIT :most;

-- name: ledger_of_lead
-- What belongs to one lead's evidence: its own entries, suppressions of its number or address, and the rule sets and
-- do-not-call lists that were in use.
SELECT l.seq, l.kind, l.reference, l.lead_id, l.at, l.salt, l.facts, l.personal_digest, l.digest, l.hash,
       p.salt AS personal_salt, p.body AS personal
  FROM ledger l LEFT JOIN ledger_personal p ON p.account_id = l.account_id AND p.seq = l.seq
 WHERE l.account_id = :account_id
   AND l.seq IN (
       SELECT seq FROM ledger WHERE lead_id = :lead_id
       UNION
       SELECT o.seq FROM lead k
         JOIN suppression x ON x.account_id = k.account_id AND x.value IN (k.phone, k.email)
         JOIN ledger o ON o.reference = CAST(x.id AS text) AND o.kind LIKE 'suppression%'
        WHERE k.id = :lead_id AND k.account_id = :account_id
       UNION
       SELECT o.seq FROM ledger o
        WHERE o.account_id = :account_id AND o.kind IN ('rules_loaded', 'rules_withdrawn')
          AND o.reference IN (SELECT m.rule_set FROM permit m JOIN attempt a ON a.id = m.attempt_id
                               WHERE a.lead_id = :lead_id)
       UNION
       SELECT o.seq FROM lead k
         JOIN campaign c ON c.id = k.campaign_id
         JOIN do_not_call_list d ON d.account_id = k.account_id AND d.name = ANY (c.relies_on)
         JOIN ledger o ON o.reference = CAST(d.id AS text) AND o.kind = 'list_imported'
        WHERE k.id = :lead_id AND k.account_id = :account_id)
 ORDER BY l.seq;

-- name: ledger_links
-- The closed chain between two entries: a digest each.
SELECT digest FROM ledger WHERE account_id = :account_id AND seq BETWEEN :first AND :last ORDER BY seq;

-- name: ledger_hash
-- The hash of one entry.
SELECT seq, hash FROM ledger WHERE account_id = :account_id AND seq = :seq;

-- name: ledger_now
-- What the rows say now of entries, for those whose rows are never rewritten. Where a lead was erased, or its time is
-- over, only the facts are told.
SELECT l.seq, CAST(s.said -> 'facts' AS text) AS facts, CAST(nullif(s.said -> 'personal', 'null') AS text) AS personal
  FROM (SELECT account_id, seq, kind, reference FROM ledger
         WHERE account_id = :account_id AND seq > :after AND seq <= :last AND kind <> 'attempt_ended'
         ORDER BY seq) l
 CROSS JOIN LATERAL (SELECT ledger_says(l.kind, l.account_id, l.reference) AS said OFFSET 0) s
 ORDER BY l.seq;

-- name: not_in_ledger
-- Rows that came after the account's ledger began, and stand neither in it nor in its queue.
WITH began AS (SELECT min(chained_at) AS at FROM ledger WHERE account_id = :account_id)
SELECT kind, reference FROM (
    SELECT 'lead_received' AS kind, CAST(id AS text) AS reference FROM lead, began
     WHERE account_id = :account_id AND received_at >= began.at
    UNION ALL
    SELECT 'permit_decided', CAST(id AS text) FROM permit, began
     WHERE account_id = :account_id AND decided_at >= began.at
    UNION ALL
    SELECT 'leg_placed', CAST(id AS text) FROM leg, began WHERE account_id = :account_id AND placed_at >= began.at
    UNION ALL
    SELECT 'message_written', CAST(id AS text) FROM message, began
     WHERE account_id = :account_id AND made_at >= began.at
    UNION ALL
    SELECT 'suppression_added', CAST(id AS text) FROM suppression, began
     WHERE account_id = :account_id AND created_at >= began.at
    UNION ALL
    SELECT 'consent_changed', CAST(id AS text) FROM consent_change c, began
     WHERE account_id = :account_id AND c.at >= began.at
 ) r
 WHERE NOT EXISTS (SELECT FROM ledger l WHERE l.reference = r.reference AND l.kind = r.kind)
   AND NOT EXISTS (SELECT FROM ledger_pending p
                    WHERE p.account_id = :account_id AND p.kind = r.kind AND p.reference = r.reference)
 ORDER BY kind, reference LIMIT :most;

-- name: raw_bodies_of_lead
-- What was posted of a lead, as it came: the lead's own post first, then its repeats. Empty: it was removed.
SELECT id, received_at, raw_type, raw_body FROM (
    SELECT id, received_at, raw_type, raw_body, 0 AS place FROM lead WHERE id = :lead_id AND account_id = :account_id
    UNION ALL
    SELECT id, received_at, raw_type, raw_body, 1 FROM lead_touch
     WHERE lead_id = :lead_id AND account_id = :account_id) r
 ORDER BY place, received_at, id;

-- name: account_called
-- An account's id by its name.
SELECT id FROM account WHERE name = :name;
