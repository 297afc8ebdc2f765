-- name: take_step_within
-- The webhook or task whose time has come first, locked; one that another node has in hand is passed over.
SELECT a.id AS attempt_id, a.account_id, a.lead_id, a.campaign_id, a.channel, a.step, a.due_at,
       coalesce(a.cadence_version, c.version) AS cadence_version, c.paused OR c.removed AS paused,
       l.first_name, l.last_name, l.city, l.region, l.postal_code, l.attributes, l.arms, s.name AS source_name,
       owner_of(l.account_id, l.owner_id, l.phone) AS owner_id
  FROM attempt a
  JOIN lead l ON l.id = a.lead_id
  JOIN campaign c ON c.id = a.campaign_id
  JOIN source s ON s.id = l.source_id
 WHERE a.state = 'scheduled' AND a.channel IN ('webhook', 'task') AND a.due_at <= :now
 ORDER BY a.due_at LIMIT 1 FOR NO KEY UPDATE OF a SKIP LOCKED;

-- name: end_step_within
-- A step that reached nobody is over.
UPDATE attempt SET state = :state, ended_at = :now, note = :note
 WHERE id = :attempt_id AND state = 'scheduled'
RETURNING id;

-- name: add_task
-- A to-do, once for a step.
INSERT INTO task (id, account_id, lead_id, attempt_id, agent_id, agents, title, due_at, made_at)
VALUES (:task_id, :account_id, :lead_id, :attempt_id, :agent_id, :agents, :title, :due_at, :now)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: tasks_page
-- To-dos of an account: open ones by when they are due, done ones the latest first. With an agent: the agent's own, and
-- those of the agent's groups that are nobody's.
SELECT t.id AS task_id, t.lead_id, t.title, t.due_at, t.made_at, t.done_at, t.done_by, t.reopened_at, t.reopened_by,
       g.name AS agent, t.agents, l.first_name, l.last_name, l.phone, c.name AS campaign
  FROM task t
  JOIN lead l ON l.id = t.lead_id
  JOIN campaign c ON c.id = l.campaign_id
  LEFT JOIN agent g ON g.id = t.agent_id
 WHERE t.account_id = :account_id
   AND (t.done_at IS NOT NULL) = CAST(:done AS boolean)
   AND (CAST(:lead_id AS uuid) IS NULL OR t.lead_id = CAST(:lead_id AS uuid))
   AND (CAST(:agent AS text) IS NULL OR g.name = CAST(:agent AS text)
        OR (t.agent_id IS NULL AND EXISTS (
            SELECT FROM agent a WHERE a.account_id = t.account_id AND a.name = CAST(:agent AS text) AND NOT a.removed
                                  AND t.agents = ANY (a.groups))))
   AND (CAST(:after_at AS timestamptz) IS NULL
        OR CASE WHEN CAST(:done AS boolean) THEN (t.done_at, t.id) < (:after_at, CAST(:after_id AS uuid))
                ELSE (t.due_at, t.id) > (:after_at, CAST(:after_id AS uuid)) END)
 ORDER BY CASE WHEN CAST(:done AS boolean) THEN NULL ELSE t.due_at END,
          CASE WHEN CAST(:done AS boolean) THEN t.done_at END DESC,
          CASE WHEN CAST(:done AS boolean) THEN NULL ELSE t.id END, t.id DESC
 LIMIT :most;

-- name: lock_task
-- One to-do of an account, locked.
SELECT id AS task_id, lead_id, agent_id, agents, done_at FROM task
 WHERE account_id = :account_id AND id = :task_id FOR NO KEY UPDATE;

-- name: task_done
UPDATE task SET done_at = :now, done_by = :by WHERE id = :task_id;

-- name: task_reopened
UPDATE task SET done_at = NULL, done_by = NULL, reopened_at = :now, reopened_by = :by WHERE id = :task_id;
