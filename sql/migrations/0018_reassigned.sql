-- Whether the number changed hands since the consent, as a provider said when the lead came: a permit refuses it then.

ALTER TABLE consent ADD reassigned boolean;
COMMENT ON COLUMN consent.reassigned IS 'the number changed hands since the consent; null: not asked, or nobody knows';

-- The same of leads that are still to be called and came before: their findings say it.
UPDATE consent SET reassigned = found.said = 'yes'
  FROM (SELECT l.id, one -> 'inputs' ->> 'reassigned' AS said
          FROM lead l LEFT JOIN finding_shape f ON f.digest = l.finding_shape AND f.account_id = l.account_id
         CROSS JOIN jsonb_array_elements(findings_in_full(l.findings, f.entries, NULL)) AS one
         WHERE l.state IN ('new', 'working') AND one ->> 'check' = 'reassigned') found
 WHERE consent.lead_id = found.id AND found.said IN ('yes', 'no');

-- What a permit looks at besides the lead's own row, in one place for all who decide.
CREATE OR REPLACE FUNCTION contact_facts(
    of_account uuid, of_lead uuid, of_campaign uuid, at_phone text, at_email text
) RETURNS jsonb LANGUAGE sql STABLE AS $$
SELECT jsonb_build_object(
    'version', coalesce((SELECT sum(version) FROM outreach
                          WHERE key IN (at_phone, at_email) AND account_id = of_account), 0),
    'lifetime', coalesce((SELECT max(lifetime) FROM outreach
                           WHERE key IN (at_phone, at_email) AND account_id = of_account), 0),
    'recent', (SELECT jsonb_agg(DISTINCT one) FROM outreach, jsonb_array_elements(recent) AS one
                WHERE key IN (at_phone, at_email) AND account_id = of_account),
    'suppressed', (SELECT jsonb_agg(s) FROM (
        SELECT reason, CASE WHEN campaign_id IS NULL THEN 'account' ELSE 'campaign' END AS scope, channels
          FROM suppression
         WHERE account_id = of_account AND removed_at IS NULL AND value IN (at_phone, at_email)
           AND (campaign_id IS NULL OR campaign_id = of_campaign)
        UNION ALL
        SELECT reason, 'everyone', '{}' FROM global_suppression
         WHERE value IN (at_phone, at_email) AND removed_at IS NULL) s),
    'lists', (SELECT jsonb_agg(l) FROM (
        SELECT d.name, d.version_date,
               EXISTS (SELECT FROM do_not_call_number n WHERE n.phone = at_phone AND n.list_id = d.id) AS listed
          FROM campaign c JOIN do_not_call_list d
            ON d.account_id = c.account_id AND d.current AND d.name = ANY (c.relies_on)
         WHERE c.id = of_campaign AND c.relies_on <> '{}') l),
    'transaction_at', (SELECT max(o.occurred_at) FROM campaign c
         JOIN lead p ON p.account_id = of_account AND p.phone = at_phone
         JOIN outcome o ON o.lead_id = p.id AND o.kind = 'sale'
        WHERE c.id = of_campaign AND c.relies_on <> '{}'),
    'lead_first_held', (SELECT lead_first_held_at IS NOT NULL FROM campaign WHERE id = of_campaign),
    'consent', (SELECT jsonb_build_object(
        'channels', channels || renewed_channels, 'revoked', revoked, 'seller', coalesce(renewed_seller, seller),
        'written', coalesce(renewed_wording, wording, '') <> '',
        'given_at', coalesce(renewed_at, captured_at, recorded_at), 'certificate', certificate,
        'reassigned', reassigned)
        FROM consent WHERE lead_id = of_lead))
$$;
