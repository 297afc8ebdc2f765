-- name: add_past_leads
-- A made-up past of a source that has none: so many leads, one after another up to a moment, six in ten contacted and
-- three in a hundred invalid. Only the demo asks for it.
INSERT INTO lead (id, account_id, source_id, campaign_id, state, refusal, received_at, phone, first_name, region, country,
                  candidates, attributes, raw_type, raw_body, raw_sha256, answer_status, answer)
SELECT gen_random_uuid(), s.account_id, s.id, s.campaign_id,
       CASE WHEN i * 37 % 100 < 60 THEN 'contacted' WHEN i * 37 % 100 < 97 THEN 'exhausted' ELSE 'rejected' END,
       CASE WHEN i * 37 % 100 >= 97 THEN 'invalid_phone' END,
       CAST(:until AS timestamptz) - i * interval '9 minutes',
       CASE WHEN i * 37 % 100 < 97 THEN '+121255501' || lpad(CAST(i * 37 % 97 AS text), 2, '0') END,
       'Past', 'NY', 'US', '[]', '{}', 'application/json', '', sha256(''),
       CASE WHEN i * 37 % 100 < 97 THEN 202 ELSE 422 END, '{}'
  FROM account a JOIN source s ON s.account_id = a.id, generate_series(1, CAST(:leads AS integer)) AS i
 WHERE a.name = :account AND s.name = :source AND NOT EXISTS (SELECT FROM lead l WHERE l.source_id = s.id);
