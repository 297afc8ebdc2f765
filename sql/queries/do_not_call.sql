-- name: hold_list
-- One import of a list at a time; held by the connection until it lets go.
SELECT pg_try_advisory_lock(hashtextextended(:key, 15)) AS held;

-- name: let_go_of_list
SELECT pg_advisory_unlock(hashtextextended(:key, 15)) AS held;

-- name: current_list
-- The version of a list that is in use.
SELECT id AS list_id, version_date, numbers FROM do_not_call_list
 WHERE account_id = :account_id AND name = :name AND current;

-- name: begin_list
-- A version that is being written; nobody looks at it yet.
INSERT INTO do_not_call_list (id, account_id, name, version_date, numbers, sha256, imported_at, current)
VALUES (:list_id, :account_id, :name, :version_date, 0, '', :now, false);

-- name: add_numbers
-- Some numbers of a version; how many of them were not in it yet.
WITH added AS (
    INSERT INTO do_not_call_number (account_id, list_id, phone)
    SELECT :account_id, :list_id, phone FROM unnest(CAST(:phones AS text[])) AS phone
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) AS count FROM added;

-- name: retire_list
-- The version in use is so no longer.
UPDATE do_not_call_list SET current = false WHERE account_id = :account_id AND name = :name AND current RETURNING id;

-- name: finish_list
-- A version that is whole comes into use.
UPDATE do_not_call_list
   SET current = true, numbers = :numbers, unreadable = :unreadable, sha256 = :sha256, imported_at = :now
 WHERE account_id = :account_id AND id = :list_id
RETURNING id;

-- name: left_over_lists
-- Versions of a list that are not in use and still have numbers: old ones, and imports that ended midway.
SELECT id FROM do_not_call_list WHERE account_id = :account_id AND name = :name AND NOT current AND NOT emptied;

-- name: remove_numbers
-- Remove some numbers of a version, in order, behind a number; the last of them, and how many.
WITH old AS MATERIALIZED (
    SELECT phone FROM do_not_call_number
     WHERE list_id = :list_id AND account_id = :account_id AND phone > CAST(:after AS text) ORDER BY phone LIMIT :most
), gone AS (
    DELETE FROM do_not_call_number n USING old WHERE n.phone = old.phone AND n.list_id = :list_id RETURNING n.phone
)
SELECT max(phone) AS last, count(*) AS count FROM gone;

-- name: list_emptied
UPDATE do_not_call_list SET emptied = true WHERE account_id = :account_id AND id = :list_id RETURNING id;

-- name: lists_in_use
-- The lists of an account, or of all, in use or relied on; one that is relied on and was never imported has no version.
WITH named AS (
    SELECT account_id, name FROM do_not_call_list WHERE current
    UNION
    SELECT account_id, unnest(relies_on) FROM campaign WHERE NOT removed
)
SELECT n.account_id, a.name AS account, n.name, d.version_date, d.numbers, d.unreadable,
       encode(d.sha256, 'hex') AS sha256, d.imported_at,
       EXISTS (SELECT FROM campaign c
                WHERE c.account_id = n.account_id AND NOT c.removed AND n.name = ANY (c.relies_on)) AS relied_on
  FROM named n
  JOIN account a ON a.id = n.account_id
  LEFT JOIN do_not_call_list d ON d.account_id = n.account_id AND d.name = n.name AND d.current
 WHERE CAST(:account_id AS uuid) IS NULL OR n.account_id = :account_id
 ORDER BY a.name, n.name;

-- name: say_of_list
-- What is to be said of a list on a day; nothing is returned where it was said before.
INSERT INTO do_not_call_alert (account_id, name, kind, day) VALUES (:account_id, :name, :kind, :day)
ON CONFLICT DO NOTHING
RETURNING account_id AS id;
