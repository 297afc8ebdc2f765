-- name: add_audit
-- A person is about to change something.
INSERT INTO audit (id, account_id, at, who, role, route, about, address, status, said)
VALUES (:audit_id, :account_id, :now, :who, :role, :route, :about, :address, :status, :said);

-- name: answer_audit
-- How that was answered.
UPDATE audit SET status = :status, said = :said WHERE account_id = :account_id AND id = :audit_id;

-- name: audit_page
-- What people changed, newest first.
SELECT id AS audit_id, at, who, role, route, about, address, status, said
  FROM audit
 WHERE account_id = :account_id
   AND (CAST(:who AS text) IS NULL OR who = :who)
   AND (CAST(:before_at AS timestamptz) IS NULL OR (at, id) < (:before_at, CAST(:before_id AS uuid)))
 ORDER BY at DESC, id DESC LIMIT :most;
