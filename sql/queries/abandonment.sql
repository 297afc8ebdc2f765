-- name: live_answers
-- Campaigns in which a lead may answer before an agent has taken the call, or are held back from it, with the calls a person answered since a moment and
-- how many of them got no agent in time. One look at a time changes a campaign.
SELECT c.id AS campaign_id, c.account_id, c.name, c.lead_first_held_at, c.settings AS settings,
       n.live, n.abandoned
  FROM campaign c
 CROSS JOIN LATERAL (
    SELECT count(*) AS live,
           count(*) FILTER (WHERE a.state = 'abandoned'
                               OR a.bridged_at - a.answered_at > CAST(:within AS interval)) AS abandoned
      FROM attempt a
     WHERE a.campaign_id = c.id AND a.answered_at >= :since AND a.state <> 'machine' AND a.direction = 'outbound'
       AND (a.state = 'abandoned' OR a.bridged_at IS NOT NULL)
 ) n
 WHERE NOT c.removed AND (c.settings #>> '{dial,mode}' IN ('lead_first', 'both') OR c.lead_first_held_at IS NOT NULL);

-- name: hold_lead_first
-- Ring agents first from now on; nothing is returned where another node was quicker.
UPDATE campaign SET lead_first_held_at = :now WHERE id = :campaign_id AND lead_first_held_at IS NULL RETURNING id;

-- name: allow_lead_first
-- Ring leads first again, as configured.
UPDATE campaign SET lead_first_held_at = NULL
 WHERE id = :campaign_id AND lead_first_held_at IS NOT NULL RETURNING id;

-- name: held_campaigns
-- An account's campaigns that are held back from ringing leads first.
SELECT id AS campaign_id, name, lead_first_held_at AS held_at
  FROM campaign WHERE account_id = :account_id AND lead_first_held_at IS NOT NULL AND NOT removed ORDER BY name;
