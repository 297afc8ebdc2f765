-- A retry waits from when it is due, not from when its lead came; those planned before this keep near to that.

UPDATE attempt SET rank_at = greatest(rank_at, due_at - interval '1 hour')
 WHERE state = 'scheduled' AND channel = 'call' AND number > 1;
COMMENT ON COLUMN attempt.rank_at IS 'the order in which ready attempts are dialled, the latest first: a first call has its lead''s, a retry one from when it is due, and whoever has a turn a moment to come';

-- What a text says may be true for a while only: that somebody will be called at a time.
ALTER TABLE attempt ADD COLUMN not_after timestamptz;
COMMENT ON COLUMN attempt.not_after IS 'of a text: not sent from then on, for what it says is past';
