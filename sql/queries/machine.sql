-- name: voicemail_of_leg
-- The message for the machine that a leg reached.
SELECT id AS voicemail_id, opening, words, closing, sha256, asked_at, sent_at, begun_at, left_at, withheld_at
  FROM voicemail WHERE leg_id = :leg_id;

-- name: voicemails_of_lead
-- How many messages were begun, or are on their way, for a lead.
SELECT count(*) AS voicemails FROM voicemail v JOIN attempt a ON a.id = v.attempt_id
 WHERE a.lead_id = :lead_id AND a.account_id = :account_id AND (v.begun_at IS NOT NULL OR (v.withheld_at IS NULL AND a.ended_at IS NULL));

-- name: ask_voicemail
-- A message is about to be sent after a machine; nothing is returned where that was asked before.
INSERT INTO voicemail (id, account_id, attempt_id, leg_id, opening, words, closing, sha256, digest, asked_at, withheld_at)
VALUES (:voicemail_id, :account_id, :attempt_id, :leg_id, :opening, :words, :closing, :sha256, :digest, :now,
        CASE WHEN CAST(:withheld AS boolean) THEN CAST(:now AS timestamptz) END)
ON CONFLICT (leg_id) DO NOTHING RETURNING id;

-- name: voicemail_sent
-- The carrier took the call away from the agent.
UPDATE voicemail SET sent_at = :now WHERE leg_id = :leg_id AND sent_at IS NULL;

-- name: voicemail_begun
-- The greeting is over, and the message is about to be said.
UPDATE voicemail SET begun_at = :now, sent_at = coalesce(sent_at, :now) WHERE leg_id = :leg_id AND begun_at IS NULL;

-- name: withhold_voicemail
-- A permit refused it, as it was to begin.
UPDATE voicemail SET withheld_at = :now WHERE leg_id = :leg_id;

-- name: voicemail_left
-- The message was said to its end; nothing is returned where that was known.
WITH said AS (
    UPDATE voicemail SET left_at = :now WHERE leg_id = :leg_id AND begun_at IS NOT NULL AND left_at IS NULL
    RETURNING attempt_id
)
UPDATE attempt SET voicemail_left_at = coalesce(voicemail_left_at, :now) FROM said WHERE attempt.id = said.attempt_id
RETURNING attempt.id;

-- name: voicemails_to_show
-- The messages of the lead's calls, in order.
SELECT v.attempt_id, v.opening, v.words, v.closing, v.sha256, v.digest, v.begun_at, v.left_at
  FROM voicemail v JOIN attempt a ON a.id = v.attempt_id
 WHERE v.account_id = :account_id AND a.lead_id = :lead_id AND v.begun_at IS NOT NULL ORDER BY v.asked_at, v.id;

-- name: ask_label
-- A call of the sample: its agent is to say who answered.
UPDATE attempt SET label_asked = :detected WHERE id = :attempt_id AND label_asked IS NULL RETURNING id;

-- name: attempt_to_label
-- The account's call that somebody says something of.
SELECT id FROM attempt WHERE id = :attempt_id AND account_id = :account_id;

-- name: counts_as_contact
-- Whether an attempt counts as a contact now.
SELECT contact FROM attempt WHERE id = :attempt_id;

-- name: add_label
-- A word on who answered, the latest of which the attempt has.
WITH said AS (
    INSERT INTO answer_label (id, account_id, attempt_id, label, detected, sampled, said_at, said_by)
    VALUES (:label_id, :account_id, :attempt_id, :label, :detected, :sampled, :now, :by)
)
UPDATE attempt SET labelled_as = :label WHERE id = :attempt_id;

-- name: put_sound
-- A file under a name; the same file again is only the latest again.
INSERT INTO sound (id, account_id, name, content_type, sha256, body, uploaded_at, uploaded_by)
VALUES (:sound_id, :account_id, :name, :content_type, :sha256, :body, :now, :by)
ON CONFLICT (name, account_id, sha256) DO UPDATE SET uploaded_at = excluded.uploaded_at;

-- name: sounds_of_account
-- The files as they are played now: of each name the latest.
SELECT DISTINCT ON (name) name, content_type, sha256, length(body) AS size, uploaded_at, uploaded_by
  FROM sound WHERE account_id = :account_id ORDER BY name, uploaded_at DESC;

-- name: sound_called
-- The file of a name, as it is played now.
SELECT sha256 FROM sound WHERE name = :name AND account_id = :account_id ORDER BY uploaded_at DESC LIMIT 1;

-- name: sound_to_play
-- A file by what it holds, for whoever was told that.
SELECT content_type, body FROM sound WHERE sha256 = :sha256 LIMIT 1;

-- name: detection
-- What detection said of the answered calls of leads received in a period, what agents said who heard the calls of
-- the sample, and what became of messages. Rates are over the sample only: what is said unasked is counted apart.
SELECT CASE :group_by WHEN 'source' THEN s.name WHEN 'campaign' THEN c.name
                      WHEN 'day' THEN to_char(l.received_at AT TIME ZONE a.timezone, 'YYYY-MM-DD')
                      ELSE 'all' END AS grouped,
       count(*) AS answered,
       count(*) FILTER (WHERE g.answered_by = 'human') AS human,
       count(*) FILTER (WHERE g.answered_by = 'machine') AS machine,
       count(*) FILTER (WHERE g.answered_by = 'unknown') AS unknown,
       count(*) FILTER (WHERE g.answered_by IS NULL) AS undetected,
       count(*) FILTER (WHERE t.contact AND g.answered_by IS NULL AND t.labelled_as IS NULL) AS contacts_by_talk,
       count(*) FILTER (WHERE t.label_asked IS NOT NULL) AS asked,
       count(*) FILTER (WHERE t.label_asked IS NOT NULL AND t.labelled_as IS NOT NULL) AS labelled,
       count(*) FILTER (WHERE t.label_asked IS NULL AND t.labelled_as IS NOT NULL) AS labelled_unasked,
       count(*) FILTER (WHERE t.label_asked = 'human' AND t.labelled_as = 'human') AS human_human,
       count(*) FILTER (WHERE t.label_asked = 'human' AND t.labelled_as = 'machine') AS human_machine,
       count(*) FILTER (WHERE t.label_asked = 'machine' AND t.labelled_as = 'human') AS machine_human,
       count(*) FILTER (WHERE t.label_asked = 'machine' AND t.labelled_as = 'machine') AS machine_machine,
       count(*) FILTER (WHERE t.label_asked = 'unknown' AND t.labelled_as = 'human') AS unknown_human,
       count(*) FILTER (WHERE t.label_asked = 'unknown' AND t.labelled_as = 'machine') AS unknown_machine,
       count(*) FILTER (WHERE t.voicemail_left_at IS NOT NULL) AS voicemails_left,
       count(*) FILTER (WHERE v.begun_at IS NOT NULL AND v.left_at IS NULL AND t.ended_at IS NOT NULL)
         AS voicemails_cut_short
  FROM lead l
  JOIN source s ON s.id = l.source_id
  JOIN campaign c ON c.id = l.campaign_id
  JOIN account a ON a.id = l.account_id
  JOIN attempt t ON t.lead_id = l.id AND t.answered_at IS NOT NULL AND t.direction = 'outbound'
  JOIN LATERAL (SELECT id, answered_by FROM leg
                 WHERE attempt_id = t.id AND kind = 'lead' ORDER BY placed_at DESC LIMIT 1) g ON true
  LEFT JOIN voicemail v ON v.leg_id = g.id
 WHERE l.account_id = :account_id AND NOT l.test
   AND l.answer_status > 0 AND l.received_at >= :since AND l.received_at < :until
   AND (CAST(:campaign AS text) IS NULL OR c.name = :campaign)
   AND (CAST(:source AS text) IS NULL OR s.name = :source)
   AND (CAST(:source_id AS uuid) IS NULL OR l.source_id = :source_id)
 GROUP BY 1 ORDER BY 1;
