-- name: import_accounts
-- Every account, for a command that is told one by name or takes the only one.
SELECT id AS account_id, name, timezone FROM account ORDER BY name;

-- name: begin_import
-- Note that a file is imported; nothing is returned when it was begun before.
INSERT INTO lead_import (id, account_id, source_id, file_name, file_sha256, mapping, per_minute, start_at, total,
                         started_at, next_at)
VALUES (:import_id, :account_id, :source_id, :file_name, :file_sha256, :mapping, :per_minute, :start_at, :total,
        :now, :start_at)
ON CONFLICT (source_id, file_sha256) DO NOTHING
RETURNING id;

-- name: import_of_file
-- How far the import of a file into a source is.
SELECT id AS import_id, mapping, per_minute, start_at, total, done, accepted, refused, unreadable, known, state,
       started_at, finished_at
  FROM lead_import
 WHERE account_id = :account_id AND source_id = :source_id AND file_sha256 = :file_sha256;

-- name: leads_of_import
-- What the rows of an import have stored, each under the key that it was posted with: read when an import is gone on
-- with, or told of again. The index on a source's leads by time finds them.
SELECT idempotency_key AS key, CAST(answer ->> 'next_attempt_at' AS timestamptz) AS call_at
  FROM lead
 WHERE account_id = :account_id AND source_id = :source_id AND received_at >= :since AND answer_status = 202
   AND starts_with(idempotency_key, :prefix)
UNION ALL
SELECT idempotency_key, CAST(answer ->> 'next_attempt_at' AS timestamptz)
  FROM lead_touch
 WHERE account_id = :account_id AND source_id = :source_id AND received_at >= :since
   AND starts_with(idempotency_key, :prefix);

-- name: advance_import
-- Count the next rows, and keep those that were not taken, at once. Nothing is returned when another process has gone
-- on with this import meanwhile.
WITH moved AS (
    UPDATE lead_import SET done = :done, accepted = :accepted, refused = :refused, unreadable = :unreadable,
           known = :known, next_at = :next_at
     WHERE account_id = :account_id AND id = :import_id AND done = :done_before AND state = 'running'
    RETURNING account_id, id
), kept AS (
    INSERT INTO lead_import_refusal (account_id, import_id, line, unreadable, code, words)
    SELECT moved.account_id, moved.id, r.line, r.unreadable, r.code, r.words
      FROM moved, unnest(CAST(:lines AS integer[]), CAST(:unread AS boolean[]), CAST(:codes AS text[]),
                         CAST(:words AS text[])) AS r (line, unreadable, code, words)
)
SELECT id FROM moved;

-- name: finish_import
-- All rows are dealt with, and the file of refusals is written.
UPDATE lead_import SET state = 'done', finished_at = :now
 WHERE account_id = :account_id AND id = :import_id AND done = total AND state = 'running';

-- name: refusals_of_import
-- The rows that were not taken, in the file's order.
SELECT line, unreadable, code, words FROM lead_import_refusal
 WHERE account_id = :account_id AND import_id = :import_id ORDER BY line;
