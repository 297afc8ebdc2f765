-- The source guard: alerts of sources whose rates left their usual band, and the pauses that it made.

ALTER TABLE source ADD COLUMN guard_pause text;
COMMENT ON COLUMN source.guard_pause IS 'why the guard paused it, in words; null: it did not. The configuration neither makes nor lifts it';

CREATE TABLE source_alert (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL,
    source_id   uuid NOT NULL,
    rate        text NOT NULL CHECK (rate IN ('contact', 'invalid', 'duplicate')),
    began_at    timestamptz NOT NULL,
    opened_at   timestamptz NOT NULL,
    ended_at    timestamptz,
    words       text NOT NULL,
    facts       jsonb NOT NULL,
    paused      boolean NOT NULL,
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);
COMMENT ON COLUMN source_alert.began_at IS 'when the first of the leads that raised it came';
COMMENT ON COLUMN source_alert.facts IS 'the counts that raised it; its baseline is compared with until the alert ends';
COMMENT ON COLUMN source_alert.paused IS 'the source was paused for it';
-- At most one open alert of a rate, however many nodes look at once.
CREATE UNIQUE INDEX source_alert_open ON source_alert (source_id, rate) WHERE ended_at IS NULL;
CREATE INDEX source_alert_of_source ON source_alert (source_id, rate, ended_at);
CREATE INDEX source_alert_of_account ON source_alert (account_id, id DESC);

CREATE INDEX lead_touch_of_source ON lead_touch (source_id, received_at DESC, id DESC);
