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

-- name: lift_suppression
-- End a suppression; the row stays.
UPDATE suppression SET removed_at = :now, removed_by = :by
 WHERE account_id = :account_id AND id = :suppression_id AND removed_at IS NULL RETURNING id;
