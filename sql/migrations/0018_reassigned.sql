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

-- What a permit looks at besides the lead's own row, in one place for all who decide. In PL/pgSQL, because Postgres
-- before version 18 plans a function in SQL anew for each query that calls it, which takes longer than what it does.
CREATE OR REPLACE FUNCTION contact_facts(
    of_account uuid, of_lead uuid, of_campaign uuid, at_phone text, at_email text
) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
RETURN (
SELECT jsonb_build_object(
    'version', coalesce(person.version, 0),
    'lifetime', coalesce(person.lifetime, 0),
    'recent', (SELECT jsonb_agg(DISTINCT one)
                 FROM jsonb_array_elements(person.recent) AS kept, jsonb_array_elements(kept) AS one),
    'suppressed', (SELECT jsonb_agg(s) FROM (
        SELECT reason, CASE WHEN campaign_id IS NULL THEN 'account' ELSE 'campaign' END AS scope, channels
          FROM suppression
         WHERE account_id = of_account AND removed_at IS NULL AND value IN (at_phone, at_email)
           AND (campaign_id IS NULL OR campaign_id = of_campaign)
        UNION ALL
        SELECT reason, 'everyone', '{}' FROM global_suppression
         WHERE value IN (at_phone, at_email) AND removed_at IS NULL) s),
    'lists', CASE WHEN c.relies_on <> '{}' THEN (SELECT jsonb_agg(l) FROM (
        SELECT d.name, d.version_date,
               EXISTS (SELECT FROM do_not_call_number n WHERE n.phone = at_phone AND n.list_id = d.id) AS listed
          FROM do_not_call_list d
         WHERE d.account_id = c.account_id AND d.current AND d.name = ANY (c.relies_on)) l) END,
    'transaction_at', CASE WHEN c.relies_on <> '{}' THEN (
        SELECT max(o.occurred_at) FROM lead p JOIN outcome o ON o.lead_id = p.id AND o.kind = 'sale'
         WHERE p.account_id = of_account AND p.phone = at_phone) END,
    'lead_first_held', CASE WHEN c.id IS NOT NULL THEN c.lead_first_held_at IS NOT NULL END,
    'consent', CASE WHEN k.lead_id IS NOT NULL THEN jsonb_build_object(
        'channels', k.channels || k.renewed_channels, 'revoked', k.revoked,
        'seller', coalesce(k.renewed_seller, k.seller), 'written', coalesce(k.renewed_wording, k.wording, '') <> '',
        'given_at', coalesce(k.renewed_at, k.captured_at, k.recorded_at), 'certificate', k.certificate,
        'reassigned', k.reassigned) END)
  FROM (SELECT sum(version) AS version, max(lifetime) AS lifetime, jsonb_agg(recent) AS recent
          FROM outreach WHERE key IN (at_phone, at_email) AND account_id = of_account) person
  LEFT JOIN campaign c ON c.id = of_campaign
  LEFT JOIN consent k ON k.lead_id = of_lead);
END
$$;
