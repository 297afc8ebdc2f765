-- name: lead_of_outcome
-- The lead that an outcome is reported of.
SELECT state FROM lead WHERE account_id = :account_id AND id = :lead_id AND answer_status > 0;

-- name: add_outcome
-- Keep an outcome; nothing is returned where this lead's key was used before.
INSERT INTO outcome (id, account_id, lead_id, kind, value, reason, note, occurred_at, reported_at, reported_by,
                     idempotency_key)
VALUES (:outcome_id, :account_id, :lead_id, :kind, :value, :reason, :note, :occurred_at, :now, :reported_by,
        :idempotency_key)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: outcome_by_key
-- The outcome that was reported of a lead under this key.
SELECT id FROM outcome
 WHERE account_id = :account_id AND lead_id = :lead_id AND idempotency_key = :idempotency_key;

-- name: say_not_claimed
UPDATE outcome SET not_claimed = :why WHERE id = :outcome_id;

-- name: outcomes_of_lead
-- What was reported of a lead, in order.
SELECT id AS outcome_id, kind, value, reason, note, occurred_at, reported_at, reported_by, not_claimed
  FROM outcome WHERE account_id = :account_id AND lead_id = :lead_id ORDER BY reported_at, id;
