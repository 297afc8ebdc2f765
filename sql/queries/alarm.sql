-- name: alarm_accounts
-- Every account, with when its alarms are raised.
SELECT id AS account_id, name, timezone, alerts FROM account ORDER BY id;

-- name: account_alerts
SELECT alerts FROM account WHERE id = :account_id;

-- name: set_account_alerts
UPDATE account SET alerts = :alerts WHERE id = :account_id;

-- name: recent_speed
-- Leads of a short while that were dialled, and those of them that waited longer than the goal, in permitted time.
SELECT count(seconds) AS dialled, count(*) FILTER (WHERE seconds > :goal) AS late
  FROM lead l
 CROSS JOIN LATERAL (
    SELECT (array_agg(permitted_wait + CAST(extract(epoch FROM requested_at - permitted_at) AS double precision)
                      ORDER BY number))[1] AS seconds
      FROM attempt WHERE lead_id = l.id AND direction = 'outbound' AND channel = 'call' AND requested_at IS NOT NULL) f
 WHERE l.account_id = :account_id AND l.received_at >= :since AND NOT l.test AND l.answer_status > 0
   AND l.state <> 'rejected' AND l.via <> 'call';

-- name: queue_now
-- Calls whose time has come and that wait, and since when the oldest does.
SELECT count(*) AS waiting, min(due_at) AS oldest
  FROM attempt WHERE account_id = :account_id AND state = 'scheduled' AND channel = 'call' AND due_at <= :now;

-- name: desks_now
-- Campaigns with how many agents are at work for them.
SELECT c.id AS campaign_id, c.name, c.version, c.settings,
       (SELECT count(*) FROM agent g
         WHERE g.account_id = c.account_id AND NOT g.removed AND g.groups @> ARRAY[c.agent_group]
           AND g.state NOT IN ('offline', 'paused')) AS at_work
  FROM campaign c WHERE c.account_id = :account_id AND NOT c.removed AND NOT c.paused ORDER BY c.name;

-- name: hold_alarms
-- Let one look at a time judge an account, until the transaction ends.
SELECT pg_try_advisory_xact_lock(hashtextextended('alarm:' || CAST(CAST(:account_id AS uuid) AS text), 0)) AS free;

-- name: alarms_going_on
-- What rises or is open.
SELECT id AS alarm_id, kind, subject, began_at, opened_at, good_since, quiet
  FROM alarm WHERE account_id = :account_id AND ended_at IS NULL;

-- name: add_alarm
INSERT INTO alarm (id, account_id, kind, subject, began_at, words, facts)
VALUES (:alarm_id, :account_id, :kind, :subject, :now, :words, :facts) ON CONFLICT DO NOTHING;

-- name: put_alarm
-- How it stands after a look.
UPDATE alarm SET opened_at = :opened_at, good_since = :good_since, ended_at = :ended_at, words = :words, facts = :facts,
                 quiet = :quiet
 WHERE id = :alarm_id;

-- name: forget_alarm
-- It rose, and was nothing.
DELETE FROM alarm WHERE id = :alarm_id AND opened_at IS NULL;

-- name: quiet_kinds
-- Kinds of which nobody is written to for now.
SELECT kind, until, set_by FROM alarm_quiet WHERE account_id = :account_id AND until > :now ORDER BY kind;

-- name: set_quiet
INSERT INTO alarm_quiet (account_id, kind, until, set_by) VALUES (:account_id, :kind, :until, :by)
ON CONFLICT (account_id, kind) DO UPDATE SET until = excluded.until, set_by = excluded.set_by;

-- name: alarms_of_account
-- The open ones, or all that ever opened, newest first.
SELECT id AS alarm_id, kind, subject, opened_at, ended_at, words, facts, acknowledged_at, acknowledged_by
  FROM alarm
 WHERE account_id = :account_id AND opened_at IS NOT NULL AND (:ended OR ended_at IS NULL)
 ORDER BY opened_at DESC, id LIMIT :most;

-- name: acknowledge_alarm
-- Nothing is returned where there is none, or it was acknowledged before.
UPDATE alarm SET acknowledged_at = :now, acknowledged_by = :by
 WHERE account_id = :account_id AND id = :alarm_id AND opened_at IS NOT NULL AND acknowledged_at IS NULL
RETURNING id;

-- name: alarm_exists
SELECT id FROM alarm WHERE account_id = :account_id AND id = :alarm_id AND opened_at IS NOT NULL;

-- name: add_notice
-- To be sent once to each receiver, whoever asks for it again.
INSERT INTO notice (id, account_id, key, receiver, sender, subject, body, html, made_at, next_at)
VALUES (:notice_id, :account_id, :key, :receiver, :sender, :subject, :body, :html, :now, :now)
ON CONFLICT (account_id, key, receiver) DO NOTHING RETURNING id;

-- name: notice_made
-- Whether this was told before.
SELECT id FROM notice WHERE account_id = :account_id AND key = :key LIMIT 1;

-- name: claim_notice
-- The next that is due; nobody else takes it for a while.
UPDATE notice SET next_at = :again_at, tries = tries + 1
 WHERE id = (SELECT id FROM notice WHERE next_at <= :now ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id AS notice_id, receiver, sender, subject, body, html, tries;

-- name: notice_done
-- Sent, given up, or to be tried again.
UPDATE notice SET sent_at = :sent_at, next_at = :next_at, error = :error WHERE id = :notice_id;
