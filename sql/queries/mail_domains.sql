-- name: leads_with_unasked_mail
-- Leads of late whose mail domain nobody asked about yet. Read by id, which grows with time.
SELECT l.id AS lead_id, l.email, s.settings AS source_settings, s.id AS source_id, s.version AS source_version
  FROM lead l JOIN source s ON s.id = l.source_id
 WHERE l.id >= :since_id AND l.answer_status = 202 AND l.email IS NOT NULL AND l.email_takes_mail IS NULL
 ORDER BY l.id DESC LIMIT :most;

-- name: record_mail_domain
-- What was found out about leads' mail domains, with the finding put in place of the one that knew nothing.
UPDATE lead SET email_takes_mail = w.takes,
       findings = coalesce((SELECT jsonb_agg(f) FROM jsonb_array_elements(lead.findings) AS f
                             WHERE f ->> 'check' <> 'email_domain'), '[]') || jsonb_build_array(w.finding)
  FROM unnest(CAST(:lead_ids AS uuid[]), CAST(:takes AS boolean[])) WITH ORDINALITY AS u (lead_id, takes, n),
       LATERAL (SELECT u.takes, CAST(:findings AS jsonb) -> CAST(u.n - 1 AS integer) AS finding) w
 WHERE lead.id = u.lead_id;
