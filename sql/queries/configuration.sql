-- name: account_by_name
-- An account, locked, so that two applies take turns.
SELECT id AS account_id, timezone FROM account WHERE name = :name FOR NO KEY UPDATE;

-- name: lock_account
-- An account by its id, locked as apply locks it.
SELECT id AS account_id, timezone FROM account WHERE id = :account_id FOR NO KEY UPDATE;

-- name: add_account
INSERT INTO account (id, name, timezone, created_at) VALUES (:account_id, :name, :timezone, :now);

-- name: set_account_timezone
UPDATE account SET timezone = :timezone WHERE id = :account_id;

-- name: pauses_of_account
SELECT pause_reasons, pause_after_missed FROM account WHERE id = :account_id;

-- name: set_pauses
UPDATE account SET pause_reasons = :reasons, pause_after_missed = :after_missed WHERE id = :account_id;

-- name: numbers_of_account
SELECT phone, sms, carrier FROM phone_number WHERE account_id = :account_id AND NOT removed ORDER BY phone;

-- name: put_number
INSERT INTO phone_number (account_id, phone, sms, carrier) VALUES (:account_id, :phone, :sms, :carrier)
ON CONFLICT (account_id, phone) DO UPDATE SET sms = excluded.sms, carrier = excluded.carrier, removed = false;

-- name: remove_number
UPDATE phone_number SET removed = true WHERE account_id = :account_id AND phone = :phone;

-- name: set_number_calls
-- Whose calls come in on a number, and whether it is a source's own; nothing is returned where that is so already.
UPDATE phone_number SET campaign_id = :campaign_id, tracking = :tracking
 WHERE account_id = :account_id AND phone = :phone
   AND (campaign_id, tracking) IS DISTINCT FROM (CAST(:campaign_id AS uuid), CAST(:tracking AS boolean))
RETURNING phone;

-- name: users_of_account
SELECT id AS user_id, email, role, password_hash, address FROM app_user
 WHERE account_id = :account_id AND NOT removed ORDER BY email;

-- name: put_user
INSERT INTO app_user (id, account_id, email, role, password_hash, address)
VALUES (:user_id, :account_id, :email, :role, :password_hash, :address)
ON CONFLICT (email) DO UPDATE
   SET role = excluded.role, password_hash = excluded.password_hash, address = excluded.address, removed = false
 WHERE app_user.account_id = excluded.account_id
RETURNING id;

-- name: remove_user
UPDATE app_user SET removed = true WHERE account_id = :account_id AND id = :user_id;

-- name: end_sessions
DELETE FROM session WHERE account_id = :account_id AND user_id = :user_id;

-- name: configured_agents
SELECT g.id AS agent_id, g.name, coalesce(g.own_address, g.address) AS address, g.presence, g.groups, g.standing,
       g.skills, g.licensed, g.languages, g.hourly_cap, g.daily_cap, g.timezone, g.schedule, u.email
  FROM agent g
  LEFT JOIN app_user u ON u.account_id = g.account_id AND u.id = g.user_id
 WHERE g.account_id = :account_id AND NOT g.removed ORDER BY g.name;

-- name: put_agent
-- A new agent, or a known one as it now is; what the agent is doing stays, except that one who needs no login is
-- there from the start. One with a schedule is looked at at once, and a cap that was reached is counted anew.
INSERT INTO agent (id, account_id, name, address, presence, groups, standing, skills, licensed, languages, takes,
                   hourly_cap, daily_cap, timezone, schedule, shift_changes_at, user_id, state, state_since)
VALUES (:agent_id, :account_id, :name, :address, CAST(:presence AS text), :groups, :standing,
        CAST(:skills AS text[]), CAST(:licensed AS text[]), CAST(:languages AS text[]),
        agent_takes(:agent_id, :skills, :licensed, :languages), :hourly_cap, :daily_cap, :timezone, CAST(:schedule AS jsonb),
        CASE WHEN CAST(:schedule AS jsonb) IS NOT NULL THEN CAST(:now AS timestamptz) END, :user_id,
        CASE CAST(:presence AS text) WHEN 'always' THEN 'available' ELSE 'offline' END, :now)
ON CONFLICT (account_id, name) DO UPDATE
   SET address = CASE WHEN agent.own_address IS NULL THEN excluded.address ELSE agent.address END,
       own_address = CASE WHEN agent.own_address IS NOT NULL THEN excluded.address END, presence = excluded.presence, groups = excluded.groups,
       standing = excluded.standing, skills = excluded.skills, licensed = excluded.licensed,
       languages = excluded.languages,
       takes = agent_takes(agent.id, excluded.skills, excluded.licensed, excluded.languages),
       timezone = excluded.timezone,
       capped_until = CASE WHEN (agent.hourly_cap, agent.daily_cap) IS NOT DISTINCT FROM (excluded.hourly_cap, excluded.daily_cap)
                           THEN agent.capped_until END,
       hourly_cap = excluded.hourly_cap, daily_cap = excluded.daily_cap,
       shift_changes_at = CASE WHEN (agent.schedule, agent.timezone) IS NOT DISTINCT FROM (excluded.schedule, excluded.timezone)
                               THEN agent.shift_changes_at ELSE excluded.shift_changes_at END,
       schedule = excluded.schedule,
       user_id = excluded.user_id,
       state = CASE WHEN agent.removed OR (agent.state = 'offline' AND excluded.presence = 'always')
                    THEN excluded.state ELSE agent.state END,
       removed = false;

-- name: remove_agent
UPDATE agent SET removed = true WHERE account_id = :account_id AND id = :agent_id;

-- name: campaigns_of_account
SELECT id AS campaign_id, name, paused, settings, version FROM campaign
 WHERE account_id = :account_id AND NOT removed ORDER BY name;

-- name: put_campaign
INSERT INTO campaign (id, account_id, name, paused, agent_group, picks, by_owner, fallback_group, fallback_after,
                      settings, relies_on)
VALUES (:campaign_id, :account_id, :name, :paused, :agent_group, :picks, :by_owner, :fallback_group, :fallback_after,
        :settings, :relies_on)
ON CONFLICT (account_id, name) DO UPDATE
   SET paused = excluded.paused, agent_group = excluded.agent_group, picks = excluded.picks,
       by_owner = excluded.by_owner, fallback_group = excluded.fallback_group,
       fallback_after = excluded.fallback_after, settings = excluded.settings,
       relies_on = excluded.relies_on, removed = false, version = campaign.version + 1
RETURNING id;

-- name: remove_campaign
UPDATE campaign SET removed = true, version = version + 1 WHERE account_id = :account_id AND id = :campaign_id;

-- name: sources_of_account
SELECT s.id AS source_id, s.name, s.paused, s.settings, s.said, c.name AS campaign,
       ARRAY(SELECT key_hash FROM api_key k WHERE k.source_id = s.id AND k.revoked_at IS NULL) AS key_hashes
  FROM source s JOIN campaign c ON c.id = s.campaign_id
 WHERE s.account_id = :account_id AND NOT s.removed AND NOT s.built_in ORDER BY s.name;

-- name: put_source
INSERT INTO source (id, account_id, campaign_id, name, paused, settings, said)
VALUES (:source_id, :account_id, :campaign_id, :name, :paused, :settings, :said)
ON CONFLICT (account_id, name) DO UPDATE
   SET paused = excluded.paused, campaign_id = excluded.campaign_id, settings = excluded.settings,
       said = excluded.said, removed = false, version = source.version + 1
RETURNING id;

-- name: count_period
-- What a source took since a moment, as the least that its counter of a period says.
INSERT INTO source_period (account_id, source_id, period, accepted, spent)
SELECT :account_id, :source_id, :period, count(*), coalesce(sum(cost), 0)
  FROM lead
 WHERE account_id = :account_id AND source_id = :source_id AND received_at >= coalesce(CAST(:since AS timestamptz), '-infinity')
   AND answer_status = 202 AND NOT test
HAVING count(*) > 0
ON CONFLICT (source_id, period) DO UPDATE
   SET accepted = greatest(source_period.accepted, excluded.accepted),
       spent = greatest(source_period.spent, excluded.spent);

-- name: remove_source
UPDATE source SET removed = true, version = version + 1 WHERE account_id = :account_id AND id = :source_id;

-- name: account_keys
SELECT key_hash FROM api_key WHERE account_id = :account_id AND source_id IS NULL AND revoked_at IS NULL;

-- name: add_key
INSERT INTO api_key (key_hash, account_id, source_id, hint, created_at)
VALUES (:key_hash, :account_id, :source_id, :hint, :now)
ON CONFLICT (key_hash) DO UPDATE SET revoked_at = NULL
 WHERE api_key.account_id = excluded.account_id AND api_key.source_id IS NOT DISTINCT FROM excluded.source_id
RETURNING hint;

-- name: revoke_keys
-- Revoke the keys of a source (or the account's own, for none), except one.
UPDATE api_key SET revoked_at = :now
 WHERE account_id = :account_id AND source_id IS NOT DISTINCT FROM CAST(:source_id AS uuid)
   AND key_hash <> :except_hash AND revoked_at IS NULL;
