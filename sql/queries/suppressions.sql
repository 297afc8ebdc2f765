-- name: suppress
-- Add a suppression.
INSERT INTO suppression (id, account_id, campaign_id, kind, value, reason, origin, created_at, words, channels, lead_id,
                         doubtful)
VALUES (:suppression_id, :account_id, :campaign_id, :kind, :value, :reason, :origin, :now, :words, :channels, :lead_id,
        :doubtful);

-- name: bar_person
-- No permit that was decided before this holds any more for this number or address.
INSERT INTO outreach (account_id, key, version) VALUES (:account_id, :value, 1)
ON CONFLICT (key, account_id) DO UPDATE SET version = outreach.version + 1;

-- name: revoke_consent
-- The consent of one lead ends for some channels, with the words by which it did.
WITH revoked AS (
    UPDATE consent
       SET revoked = ARRAY(SELECT DISTINCT unnest(revoked || CAST(:channels AS text[])) ORDER BY 1)
     WHERE account_id = :account_id AND lead_id = :lead_id AND NOT revoked @> CAST(:channels AS text[])
    RETURNING account_id, lead_id
)
INSERT INTO consent_change (account_id, lead_id, at, kind, channels, origin, words)
SELECT account_id, lead_id, :now, 'revoked', :channels, :origin, :words FROM revoked;

-- name: suppressions_of_account
-- Suppressions in force, newest first.
SELECT x.id AS suppression_id, x.kind, x.value, c.name AS campaign, x.reason, x.origin, x.created_at, x.words,
       x.channels, x.lead_id, x.doubtful, x.reviewed_at
  FROM suppression x LEFT JOIN campaign c ON c.id = x.campaign_id
 WHERE x.account_id = :account_id AND x.removed_at IS NULL
   AND (CAST(:value AS text) IS NULL OR x.value = :value)
 ORDER BY x.created_at DESC, x.id DESC LIMIT :most;

-- name: suppressions_to_review
-- Suppressions by words that may mean something else, which nobody has looked at, oldest first.
SELECT x.id AS suppression_id, x.kind, x.value, c.name AS campaign, x.reason, x.origin, x.created_at, x.words,
       x.channels, x.lead_id, x.doubtful, x.reviewed_at
  FROM suppression x LEFT JOIN campaign c ON c.id = x.campaign_id
 WHERE x.account_id = :account_id AND x.doubtful AND x.reviewed_at IS NULL AND x.removed_at IS NULL
 ORDER BY x.created_at, x.id LIMIT :most;

-- name: suppression_reviewed
-- Somebody looked at a doubtful suppression, and it stands.
UPDATE suppression SET reviewed_at = :now, reviewed_by = :by
 WHERE account_id = :account_id AND id = :suppression_id AND doubtful AND reviewed_at IS NULL AND removed_at IS NULL
RETURNING id;

-- name: suppress_everywhere
-- Add a suppression of every account; nothing is returned where there is one.
INSERT INTO global_suppression (id, kind, value, reason, origin, created_at)
SELECT :suppression_id, CAST(:kind AS text), CAST(:value AS text), :reason, :origin, :now
 WHERE NOT EXISTS (SELECT FROM global_suppression
                    WHERE kind = CAST(:kind AS text) AND value = CAST(:value AS text) AND removed_at IS NULL)
RETURNING id;

-- name: lift_everywhere
UPDATE global_suppression SET removed_at = :now WHERE kind = :kind AND value = :value AND removed_at IS NULL
RETURNING id;

-- name: bar_person_everywhere
-- No permit of any account that was decided before this holds any more for this number or address.
INSERT INTO outreach (account_id, key, version) SELECT id, :value, 1 FROM account ORDER BY id
ON CONFLICT (key, account_id) DO UPDATE SET version = outreach.version + 1;

-- name: leads_of_person_everywhere
-- The leads of every account that a suppression of all speaks about, oldest first.
SELECT account_id, id AS lead_id FROM (
    SELECT l.account_id, l.id, l.state FROM account a JOIN lead l ON l.account_id = a.id AND l.phone = CAST(:value AS text)
    UNION
    SELECT l.account_id, l.id, l.state FROM account a JOIN lead l ON l.account_id = a.id AND l.email = CAST(:value AS text)
 ) person
 WHERE state <> 'rejected' ORDER BY id;

-- name: suppressions_everywhere
-- Suppressions of every account in force for a number or address.
SELECT kind, value, reason, origin, created_at FROM global_suppression
 WHERE value = :value AND removed_at IS NULL ORDER BY created_at;

-- name: suppressions_found
-- A page of an account's suppressions in force, newest first, behind one: of a value, or with some words in it, in its
-- reason or in what the person said.
SELECT x.id AS suppression_id, x.kind, x.value, c.name AS campaign, x.reason, x.origin, x.created_at, x.words,
       x.channels, x.lead_id, x.doubtful, x.reviewed_at
  FROM suppression x LEFT JOIN campaign c ON c.id = x.campaign_id
 WHERE x.account_id = :account_id AND x.removed_at IS NULL
   AND (CAST(:value AS text) IS NULL OR x.value = :value)
   AND (CAST(:part AS text) IS NULL OR position(lower(:part) IN lower(x.value)) > 0
        OR position(lower(:part) IN lower(x.reason)) > 0 OR position(lower(:part) IN lower(coalesce(x.words, ''))) > 0)
   AND (CAST(:origin AS text) IS NULL OR x.origin = :origin)
   AND (CAST(:before_at AS timestamptz) IS NULL OR (x.created_at, x.id) < (:before_at, CAST(:before_id AS uuid)))
 ORDER BY x.created_at DESC, x.id DESC LIMIT :most;

-- name: suppression_counts
-- How many suppressions and replies of an account wait to be looked at.
SELECT (SELECT count(*) FROM suppression
         WHERE account_id = :account_id AND doubtful AND reviewed_at IS NULL AND removed_at IS NULL) AS doubtful,
       (SELECT count(*) FROM inbound_text
         WHERE account_id = :account_id AND kind = 'none' AND seen_at IS NULL) AS replies;

-- name: lift_suppression
-- End a suppression; the row stays.
UPDATE suppression SET removed_at = :now, removed_by = :by, removed_reason = :why
 WHERE account_id = :account_id AND id = :suppression_id AND removed_at IS NULL RETURNING id;
