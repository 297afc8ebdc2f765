-- Two carrier accounts: whose a number is and a leg was, how fast each may be asked now, and whether its breaker lets
-- calls through. What was there before is the first account's.

ALTER TABLE phone_number ADD COLUMN carrier text NOT NULL DEFAULT 'first' CHECK (carrier IN ('first', 'second'));
ALTER TABLE leg ADD COLUMN carrier text NOT NULL DEFAULT 'first' CHECK (carrier IN ('first', 'second'));

ALTER TABLE attempt ADD COLUMN refused_by text CHECK (refused_by IN ('first', 'second'));
COMMENT ON COLUMN attempt.refused_by IS 'the carrier account whose definite no put the attempt back: another is asked first';

DELETE FROM carrier_slot;
ALTER TABLE carrier_slot
    ADD COLUMN passes integer,
    ADD COLUMN pace double precision NOT NULL DEFAULT 1 CHECK (pace > 0 AND pace <= 1),
    ADD COLUMN pace_at timestamptz;
COMMENT ON COLUMN carrier_slot.passes IS 'how many calls its breaker still lets through; null: any number';
COMMENT ON COLUMN carrier_slot.pace IS 'the share of its calls per second that was used at pace_at; it recovers from then; null: all of it';

-- The breaker of a carrier account, and the latest outcomes by which it opens.
CREATE TABLE carrier_breaker (
    carrier    text PRIMARY KEY CHECK (carrier IN ('first', 'second')),
    state      text NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
    since      timestamptz NOT NULL,
    opened_at  timestamptz,
    try_at     timestamptz,
    pauses     integer NOT NULL DEFAULT 0,
    in_a_row   integer NOT NULL DEFAULT 0,
    recent     jsonb NOT NULL DEFAULT '[]',
    words      text
);
COMMENT ON COLUMN carrier_breaker.try_at IS 'when the carrier is next asked something harmless, or a trial call is given up';
COMMENT ON COLUMN carrier_breaker.pauses IS 'how often it opened in a row: each pause is longer than the one before';
COMMENT ON COLUMN carrier_breaker.words IS 'why it opened';
