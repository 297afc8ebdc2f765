-- name: loaded_rule_sets
-- Versions of the law that an operator loaded.
SELECT version, effective_from, text, loaded_at FROM rule_set WHERE withdrawn_at IS NULL;

-- name: load_rule_set
-- Keep a version; nothing is returned where there is one of this name with another text.
INSERT INTO rule_set (version, effective_from, text, sha256, loaded_at)
VALUES (:version, :effective_from, :text, :sha256, :now)
ON CONFLICT (version) DO UPDATE SET withdrawn_at = NULL WHERE rule_set.sha256 = excluded.sha256
RETURNING version;

-- name: withdraw_rule_set
-- Take a version out of force; its row stays.
UPDATE rule_set SET withdrawn_at = :now WHERE version = :version AND withdrawn_at IS NULL RETURNING version;
