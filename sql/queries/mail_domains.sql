-- name: leads_with_unasked_mail
-- Leads of late whose mail domain nobody asked about yet, those before one of them. Read by id, which grows with time.
SELECT l.id AS lead_id, l.email, s.settings AS source_settings, s.id AS source_id, s.version AS source_version
  FROM lead l JOIN source s ON s.id = l.source_id
 WHERE l.id >= :since_id AND (CAST(:before_id AS uuid) IS NULL OR l.id < :before_id) AND l.answer_status = 202 AND l.email IS NOT NULL AND l.email_takes_mail IS NULL
 ORDER BY l.id DESC LIMIT :most;

-- name: record_mail_domain
-- What was found out about leads' mail domains, beside what was found when they came. Rows are locked in the order of
-- their ids, as by everybody who writes many leads at once.
UPDATE lead SET email_takes_mail = w.takes, mail_finding = w.finding
  FROM (SELECT l.id, u.takes, CAST(:findings AS jsonb) -> CAST(u.n - 1 AS integer) AS finding
          FROM unnest(CAST(:lead_ids AS uuid[]), CAST(:takes AS boolean[])) WITH ORDINALITY AS u (lead_id, takes, n)
          JOIN lead l ON l.id = u.lead_id
         ORDER BY l.id FOR NO KEY UPDATE OF l) w
 WHERE lead.id = w.id;
