-- name: user_by_email
-- Who signs in.
SELECT u.id AS user_id, u.account_id, u.role, u.password_hash, a.name AS account
  FROM app_user u JOIN account a ON a.id = u.account_id WHERE u.email = :email AND NOT u.removed;

-- name: open_session
INSERT INTO session (token_hash, account_id, user_id, created_at, expires_at, used_at, address, user_agent)
VALUES (:token_hash, :account_id, :user_id, :now, :expires_at, :now, :address, :user_agent);

-- name: session_owner
-- Who a session belongs to, while it lasts.
SELECT s.account_id, s.user_id, u.email, u.role, a.name AS account, a.timezone, s.id AS session_id, s.used_at
  FROM session s
  JOIN app_user u ON u.account_id = s.account_id AND u.id = s.user_id
  JOIN account a ON a.id = s.account_id
 WHERE s.token_hash = :token_hash AND s.expires_at > :now AND s.used_at > :idle_since AND NOT u.removed;

-- name: use_session
-- It was used; told once a minute at most.
UPDATE session SET used_at = :now WHERE token_hash = :token_hash AND used_at < :now;

-- name: sessions_of_account
-- Who is signed in; of one user only where one is named.
SELECT s.id AS session_id, u.id AS user_id, u.email, u.role, s.created_at, s.used_at, s.expires_at, s.address,
       s.user_agent
  FROM session s
  JOIN app_user u ON u.account_id = s.account_id AND u.id = s.user_id
 WHERE s.account_id = :account_id AND s.expires_at > :now AND s.used_at > :idle_since
   AND (CAST(:user_id AS uuid) IS NULL OR s.user_id = :user_id)
 ORDER BY s.used_at DESC, s.id LIMIT 200;

-- name: end_session
-- One session of the account, and only a named user's own where one is named.
DELETE FROM session
 WHERE account_id = :account_id AND id = :session_id
   AND (CAST(:user_id AS uuid) IS NULL OR user_id = :user_id)
RETURNING id;

-- name: close_session
DELETE FROM session WHERE token_hash = :token_hash;

-- name: prune_sessions
DELETE FROM session WHERE expires_at <= :now OR used_at <= :idle_since;

-- name: count_failures
-- One more try for each key, counted before the password is looked at; a window that is over begins anew.
INSERT INTO sign_in_failure AS f (key, tries, since)
SELECT k, 1, :now FROM unnest(CAST(:keys AS bytea[])) AS k ORDER BY k
ON CONFLICT (key) DO UPDATE
   SET tries = CASE WHEN f.since > :begin THEN f.tries + 1 ELSE 1 END,
       since = CASE WHEN f.since > :begin THEN f.since ELSE excluded.since END
RETURNING key, tries, since;

-- name: forgive_failures
-- It was no failure after all.
UPDATE sign_in_failure SET tries = greatest(tries - 1, 0) WHERE key = ANY(:keys);

-- name: prune_failures
DELETE FROM sign_in_failure WHERE since <= :begin;
