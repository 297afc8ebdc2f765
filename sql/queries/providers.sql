-- name: provider_answer
-- What a provider answered to a question, if that is not older than it is believed.
SELECT answer FROM provider_answer
 WHERE provider = :provider AND question = :question AND account_id = :account_id AND asked_at >= :since;

-- name: keep_provider_answer
-- Keep a provider's answer, the latest one to each question.
INSERT INTO provider_answer (account_id, provider, question, answer, asked_at)
VALUES (:account_id, :provider, :question, :answer, :now)
ON CONFLICT (provider, question, account_id) DO UPDATE SET answer = excluded.answer, asked_at = excluded.asked_at
 WHERE provider_answer.asked_at <= excluded.asked_at;

-- name: forget_provider_answers
-- Answers that nobody would believe any more.
DELETE FROM provider_answer WHERE asked_at < :before;
