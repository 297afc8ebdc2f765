-- Legs that are not over: few at any moment, and looked through all the time.
CREATE INDEX leg_open ON leg (placed_at) WHERE state <> 'ended';
DROP INDEX leg_rung_in;
