-- name: experiments_of_account
-- Every experiment that ran or runs, the latest first.
SELECT e.id AS experiment_id, e.campaign_id, c.name AS campaign, e.name, e.settings, e.began_at, e.ended_at
  FROM experiment e JOIN campaign c ON c.id = e.campaign_id
 WHERE e.account_id = :account_id
   AND (CAST(:campaign AS text) IS NULL OR c.name = :campaign)
 ORDER BY e.ended_at IS NOT NULL, e.began_at DESC, e.name;

-- name: experiments_of_campaign
SELECT id AS experiment_id, name, settings, ended_at FROM experiment
 WHERE account_id = :account_id AND campaign_id = :campaign_id ORDER BY name;

-- name: begin_experiment
INSERT INTO experiment (id, account_id, campaign_id, name, settings, began_at)
VALUES (:experiment_id, :account_id, :campaign_id, :name, :settings, :now);

-- name: end_experiments
-- Those that the file no longer names.
UPDATE experiment SET ended_at = :now
 WHERE account_id = :account_id AND campaign_id = :campaign_id AND ended_at IS NULL
   AND name <> ALL (CAST(:names AS text[]))
RETURNING name;

-- name: experiment_counts
-- Of each arm: the leads that went into it and, of those that came before ``settled``, how many were dialled and
-- contacted, and how many made an appointment or bought; what these sales brought and what all of them cost. A lead
-- whose price was credited back counts: the arm did not choose it. ``sooner``: too young to be counted yet.
SELECT l.arms ->> CAST(:name AS text) AS arm, count(*) AS leads,
       count(*) FILTER (WHERE l.received_at >= :settled) AS sooner,
       count(*) FILTER (WHERE l.received_at < :settled AND f.dialled) AS dialled,
       count(*) FILTER (WHERE l.received_at < :settled AND f.contacted) AS contacted,
       count(*) FILTER (WHERE l.received_at < :settled AND o.appointment) AS appointments,
       count(*) FILTER (WHERE l.received_at < :settled AND o.sale) AS sales,
       sum(o.revenue) FILTER (WHERE l.received_at < :settled) AS revenue
  FROM lead l
 CROSS JOIN LATERAL (SELECT coalesce(bool_or(requested_at IS NOT NULL AND channel = 'call'), false) AS dialled,
                            coalesce(bool_or(contact), false) AS contacted
                       FROM attempt WHERE lead_id = l.id) f
 CROSS JOIN LATERAL (SELECT coalesce(bool_or(kind = 'appointment'), false) AS appointment,
                            coalesce(bool_or(kind = 'sale'), false) AS sale,
                            sum(value) FILTER (WHERE kind = 'sale') AS revenue
                       FROM outcome WHERE lead_id = l.id) o
 WHERE l.account_id = :account_id AND l.campaign_id = :campaign_id AND l.arms IS NOT NULL
   AND l.received_at >= :began AND NOT l.test AND l.arms ->> CAST(:name AS text) IS NOT NULL
 GROUP BY 1 ORDER BY 1;
