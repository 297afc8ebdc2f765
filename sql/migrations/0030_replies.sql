-- What people answer: a wish to be called is an attempt of its own, and no reason to stop a cadence.

ALTER TABLE inbound_text ADD COLUMN wish text CHECK (wish IN ('call'));
COMMENT ON COLUMN inbound_text.wish IS 'call: the person asked to be called, and it was understood when';
