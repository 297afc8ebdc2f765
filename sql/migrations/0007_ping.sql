-- Pings: a vendor asks before it posts, and what is answered is kept for a while.

CREATE TABLE ping (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    source_id    uuid NOT NULL,
    asked        jsonb NOT NULL,
    price        numeric(12, 4),
    periods      text[] NOT NULL,
    made_at      timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    lead_id      uuid,
    released_at  timestamptz,
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id),
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id)
);
COMMENT ON COLUMN ping.asked IS 'the values that were judged: the post must say the same';
COMMENT ON COLUMN ping.periods IS 'the counters in source_period in which a place is held until the post comes, or the ping expires';
COMMENT ON COLUMN ping.released_at IS 'when its places were given back';
CREATE INDEX ping_open ON ping (expires_at) WHERE lead_id IS NULL AND released_at IS NULL;
