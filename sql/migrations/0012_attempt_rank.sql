-- Leads are dialled by rank, however many wait and however many are planned: the best are found by index.

DROP INDEX attempt_fresh;
DROP INDEX attempt_retry;
ALTER TABLE attempt
    ADD COLUMN rank_at timestamptz,
    ADD COLUMN ready   boolean NOT NULL DEFAULT false;
UPDATE attempt a SET rank_at = coalesce(l.rank_at, l.received_at) FROM lead l WHERE l.id = a.lead_id;
ALTER TABLE attempt ALTER COLUMN rank_at SET NOT NULL;
COMMENT ON COLUMN attempt.rank_at IS 'its lead''s: the order in which ready attempts are dialled, the latest first';
COMMENT ON COLUMN attempt.ready IS 'of a scheduled attempt: its time has come and a dialer has seen that; an index cannot ask what time it is';
-- A scheduled attempt is in exactly one of these: among those that wait for an agent, or among those that wait for
-- their time.
CREATE INDEX attempt_ready ON attempt (campaign_id, rank_at DESC, lead_received_at DESC)
    WHERE state = 'scheduled' AND ready;
CREATE INDEX attempt_planned ON attempt (due_at, rank_at DESC)
    WHERE state = 'scheduled' AND NOT ready;
