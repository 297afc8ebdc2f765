-- name: mail_of_account
-- A mail that was sent, with whom it was about and by which campaign it goes.
SELECT m.id AS message_id, m.account_id, m.lead_id, m.receiver, m.body, l.campaign_id,
       coalesce(l.cadence_version, c.version) AS version, owner_of(l.account_id, l.owner_id, l.phone) AS owner_id
  FROM message m
  JOIN lead l ON l.id = m.lead_id
  JOIN campaign c ON c.id = l.campaign_id
 WHERE m.account_id = :account_id AND m.id = :message_id AND m.channel = 'email';

-- name: add_mail_event
-- Nothing where it was told before.
INSERT INTO mail_event (id, account_id, lead_id, message_id, event_id, kind, code, body, read_as, at)
VALUES (:mail_event_id, :account_id, :lead_id, :message_id, :event_id, :kind, :code, :body, :read_as, :at)
ON CONFLICT DO NOTHING
RETURNING id;
