-- name: campaigns_to_preview
-- The campaigns that a caller may ask about: the account's, or the one of a source, for its key.
SELECT c.id AS campaign_id, c.name, c.version, c.settings
  FROM campaign c
 WHERE c.account_id = :account_id AND NOT c.removed
   AND (CAST(:source_id AS uuid) IS NULL
        OR c.id = (SELECT s.campaign_id FROM source s WHERE s.account_id = :account_id AND s.id = :source_id));

-- name: barred_people
-- What is known against these people, each asked about for one campaign: suppressions, and the lists it relies on.
WITH asked AS (
    SELECT * FROM unnest(CAST(:phones AS text[]), CAST(:emails AS text[]), CAST(:campaign_ids AS uuid[]))
                  WITH ORDINALITY AS a (phone, email, campaign_id, place)
), named AS (
    SELECT place, campaign_id, phone AS value FROM asked WHERE phone IS NOT NULL
    UNION ALL SELECT place, campaign_id, email FROM asked WHERE email IS NOT NULL
)
SELECT n.place, CASE WHEN s.campaign_id IS NULL THEN 'account' ELSE 'campaign' END AS kind, s.reason AS name,
       s.channels, CAST(NULL AS date) AS version_date, true AS listed
  FROM named n JOIN suppression s ON s.account_id = :account_id AND s.value = n.value AND s.removed_at IS NULL
   AND (s.campaign_id IS NULL OR s.campaign_id = n.campaign_id)
UNION ALL
SELECT n.place, 'everyone', g.reason, '{}', NULL, true
  FROM named n JOIN global_suppression g ON g.value = n.value AND g.removed_at IS NULL
UNION ALL
SELECT a.place, 'list', d.name, '{}', d.version_date,
       EXISTS (SELECT FROM do_not_call_number m WHERE m.phone = a.phone AND m.list_id = d.id)
  FROM asked a JOIN campaign c ON c.account_id = :account_id AND c.id = a.campaign_id AND c.relies_on <> '{}'
  JOIN do_not_call_list d ON d.account_id = c.account_id AND d.current AND d.name = ANY (c.relies_on);
