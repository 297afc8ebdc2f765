-- name: lead_by_id
-- One lead of the account (or of one source, for a source's key).
SELECT l.id AS lead_id, l.account_id, l.source_id, s.name AS source, l.campaign_id, c.name AS campaign, l.state,
       l.refusal, l.received_at, l.committed_at, l.phone, l.email, l.first_name, l.last_name, l.address, l.city,
       l.region, l.postal_code, l.country, l.candidates, l.attributes, l.cost, l.test, l.external_id,
       l.submitted_at, encode(l.raw_sha256, 'hex') AS raw_sha256, c.timezone, l.score, l.score_parts,
       findings_in_full(l.findings, f.entries, l.mail_finding) AS findings, l.via,
       (SELECT count(*) FROM lead_touch t WHERE t.lead_id = l.id) AS touches,
       (SELECT name FROM agent WHERE id = owner_of(l.account_id, l.owner_id, l.phone)) AS owner, CASE WHEN CAST(:source_id AS uuid) IS NULL THEN l.arms END AS arms
  FROM lead l
  JOIN source s ON s.id = l.source_id
  JOIN (SELECT c.id, c.name, a.timezone FROM campaign c JOIN account a ON a.id = c.account_id) c
    ON c.id = l.campaign_id
  LEFT JOIN finding_shape f ON f.digest = l.finding_shape AND f.account_id = l.account_id
 WHERE l.account_id = :account_id AND l.id = :lead_id
   AND (CAST(:source_id AS uuid) IS NULL OR l.source_id = :source_id);

-- name: leads_page
-- Leads of the account, newest first, behind a cursor.
SELECT l.id AS lead_id, s.name AS source, c.name AS campaign, l.state, l.refusal, l.received_at, l.phone,
       l.first_name, l.last_name, l.region, l.external_id,
       f.speed_to_dial, f.bridged_at, f.state AS attempt_state,
       (SELECT min(due_at) FROM attempt WHERE lead_id = l.id AND state = 'scheduled') AS next_attempt_at
  FROM lead l
  JOIN source s ON s.id = l.source_id
  JOIN campaign c ON c.id = l.campaign_id
  LEFT JOIN LATERAL (
    SELECT extract(epoch FROM min(a.requested_at) - l.received_at)::double precision AS speed_to_dial,
           min(a.bridged_at) AS bridged_at,
           (array_agg(a.state ORDER BY a.number DESC))[1] AS state
      FROM attempt a WHERE a.lead_id = l.id
  ) f ON true
 WHERE l.account_id = :account_id AND l.answer_status > 0
   AND (CAST(:source_id AS uuid) IS NULL OR l.source_id = :source_id)
   AND (CAST(:state AS text) IS NULL OR l.state = :state)
   AND (CAST(:phone AS text) IS NULL OR l.phone = :phone)
   AND (CAST(:external_id AS text) IS NULL OR l.external_id = :external_id)
   AND (CAST(:before_at AS timestamptz) IS NULL OR (l.received_at, l.id) < (:before_at, CAST(:before_id AS uuid)))
 ORDER BY l.received_at DESC, l.id DESC LIMIT :most;

-- name: consent_of_lead
-- The consent as captured.
SELECT channels, wording, seller, captured_at, url, ip, user_agent, trustedform_cert_url, leadid_token
  FROM consent WHERE account_id = :account_id AND lead_id = :lead_id;

-- name: attempts_of_lead
-- The lead's attempts in order, with their hops.
SELECT a.id AS attempt_id, a.number, a.direction, a.calls_back IS NOT NULL AS gives_back, a.step, a.channel, a.state, a.due_at, a.mode, a.caller_id, a.tries,
       g.name AS agent, a.claimed_at, a.permitted_at, a.requested_at, a.ringing_at, a.answered_at, a.bridged_at,
       a.ended_at, a.contact, a.talk_seconds, a.note, a.announced_at, a.notice_at, a.label_asked, a.labelled_as,
       a.voicemail_left_at, a.timed_by
  FROM attempt a LEFT JOIN agent g ON g.id = a.agent_id
 WHERE a.account_id = :account_id AND a.lead_id = :lead_id
 ORDER BY CASE WHEN a.direction = 'inbound' THEN a.due_at ELSE coalesce(a.requested_at, a.ended_at, a.due_at) END, a.number;

-- name: permits_of_lead
-- Every decision on the lead's attempts, in order.
SELECT p.attempt_id, p.decided_at, p.decision, p.not_before, p.rule_set, p.rules
  FROM permit p JOIN attempt a ON a.id = p.attempt_id
 WHERE p.account_id = :account_id AND a.lead_id = :lead_id ORDER BY p.decided_at;

-- name: legs_of_lead
-- Every leg of the lead's attempts, in order.
SELECT l.attempt_id, l.kind, l.state, l.carrier, l.carrier_call_id, l.placed_at, l.ringing_at, l.live_at,
       l.accepted_at, l.ended_at, l.ended_as, l.answered_by, l.carrier_code, coalesce(g.name, l.named) AS agent, l.part
  FROM leg l JOIN attempt a ON a.id = l.attempt_id LEFT JOIN agent g ON g.id = l.agent_id
 WHERE l.account_id = :account_id AND a.lead_id = :lead_id ORDER BY l.placed_at, l.id;

-- name: account_of_lead
-- The account that a lead belongs to: for the operator's own commands, never for a request.
SELECT account_id FROM lead WHERE id = :lead_id;

-- name: leads_of_person
-- Leads that a suppression speaks about, oldest first.
SELECT id AS lead_id FROM (
    SELECT id, state, campaign_id FROM lead WHERE account_id = :account_id AND phone = CAST(:value AS text)
    UNION
    SELECT id, state, campaign_id FROM lead WHERE account_id = :account_id AND email = CAST(:value AS text)
 ) person
 WHERE (CAST(:campaign_id AS uuid) IS NULL OR campaign_id = :campaign_id) AND state <> 'rejected'
 ORDER BY id;

-- name: campaign_by_name
-- A campaign's id.
SELECT id AS campaign_id FROM campaign WHERE account_id = :account_id AND name = :name AND NOT removed;

-- name: give_lead
-- Whose lead it is from now on: an agent's by name; null: whoever talks with the person last.
UPDATE lead SET owner_id = :agent_id WHERE account_id = :account_id AND id = :lead_id;
