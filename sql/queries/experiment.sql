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
WITH mine AS MATERIALIZED (
    SELECT l.id, l.arms ->> CAST(:name AS text) AS arm, l.received_at < :settled AS old
      FROM lead l
     WHERE l.account_id = :account_id AND l.campaign_id = :campaign_id AND l.arms IS NOT NULL
       AND l.received_at >= :began AND NOT l.test AND l.arms ->> CAST(:name AS text) IS NOT NULL
), called AS (
    SELECT m.id, bool_or(t.requested_at IS NOT NULL AND t.channel = 'call') AS dialled, bool_or(t.contact) AS contacted
      FROM mine m JOIN attempt t ON t.lead_id = m.id GROUP BY m.id
), reported AS (
    SELECT m.id, bool_or(o.kind = 'appointment') AS appointment, bool_or(o.kind = 'sale') AS sale,
           sum(o.value) FILTER (WHERE o.kind = 'sale') AS revenue
      FROM mine m JOIN outcome o ON o.lead_id = m.id GROUP BY m.id
)
SELECT m.arm, count(*) AS leads, count(*) FILTER (WHERE NOT m.old) AS sooner,
       count(*) FILTER (WHERE m.old AND c.dialled) AS dialled,
       count(*) FILTER (WHERE m.old AND c.contacted) AS contacted,
       count(*) FILTER (WHERE m.old AND r.appointment) AS appointments,
       count(*) FILTER (WHERE m.old AND r.sale) AS sales,
       sum(r.revenue) FILTER (WHERE m.old) AS revenue
  FROM mine m
  LEFT JOIN called c ON c.id = m.id
  LEFT JOIN reported r ON r.id = m.id
 GROUP BY m.arm ORDER BY m.arm;
