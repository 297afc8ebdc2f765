-- name: user_by_email
-- Who signs in.
SELECT u.id AS user_id, u.account_id, u.role, u.password_hash, a.name AS account
  FROM app_user u JOIN account a ON a.id = u.account_id WHERE u.email = :email AND NOT u.removed;

-- name: open_session
INSERT INTO session (token_hash, account_id, user_id, created_at, expires_at)
VALUES (:token_hash, :account_id, :user_id, :now, :expires_at);

-- name: session_owner
-- Who a session belongs to, while it lasts.
SELECT s.account_id, s.user_id, u.email, u.role, a.name AS account, a.timezone
  FROM session s
  JOIN app_user u ON u.account_id = s.account_id AND u.id = s.user_id
  JOIN account a ON a.id = s.account_id
 WHERE s.token_hash = :token_hash AND s.expires_at > :now AND NOT u.removed;

-- name: close_session
DELETE FROM session WHERE token_hash = :token_hash;

-- name: prune_sessions
DELETE FROM session WHERE expires_at <= :now;
