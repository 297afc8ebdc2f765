-- Caller IDs: how often each number was shown today, which of them rest, and what was said of them.

ALTER TABLE phone_number
    ADD day_calls      integer NOT NULL DEFAULT 0,
    ADD day_ends       timestamptz,
    ADD benched_at     timestamptz,
    ADD benched_until  timestamptz,
    ADD benched_by     text,
    ADD benched_why    text;
COMMENT ON COLUMN phone_number.day_calls IS 'calls that show it, committed on the day that ends at day_ends; 0 when that has passed';
COMMENT ON COLUMN phone_number.benched_until IS 'it rests until then, infinity: until somebody says so; null: it does not. Past, and benched by the watch: it is on trial';
COMMENT ON COLUMN phone_number.benched_by IS 'watch, or who did it: an email, or api';

ALTER TABLE attempt ADD counted_until timestamptz;
COMMENT ON COLUMN attempt.counted_until IS 'the end of the day in whose count of its caller ID it stands; null: in none, or it stays there for good';

-- What a person saw is found by leg_rung; what a number was answered is found by this one.
CREATE INDEX leg_shown ON leg (account_id, caller_id, placed_at) WHERE kind = 'lead';

CREATE TABLE number_alert (
    id               uuid PRIMARY KEY,
    account_id       uuid NOT NULL,
    campaign_id      uuid NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('answer_rate', 'used_up')),
    phone            text,
    opened_at        timestamptz NOT NULL,
    ends_at          timestamptz,
    ended_at         timestamptz,
    words            text NOT NULL,
    facts            jsonb NOT NULL,
    acknowledged_at  timestamptz,
    acknowledged_by  text,
    FOREIGN KEY (account_id, campaign_id) REFERENCES campaign (account_id, id)
);
COMMENT ON COLUMN number_alert.phone IS 'the number whose answers dropped; null: it is about all numbers of the campaign';
COMMENT ON COLUMN number_alert.ends_at IS 'when it ends by itself; null: somebody, or the watch, ends it';
-- At most one open alert of a number, and one of a campaign, however many nodes look at once.
CREATE UNIQUE INDEX number_alert_of_number ON number_alert (phone, account_id) WHERE ended_at IS NULL AND phone IS NOT NULL;
CREATE UNIQUE INDEX number_alert_of_campaign ON number_alert (campaign_id, kind) WHERE ended_at IS NULL AND phone IS NULL;
CREATE INDEX number_alert_of_account ON number_alert (account_id, id DESC);

-- The day from whose count an attempt's caller ID may be taken back: it was shown to nobody, and will not be. Null where
-- the lead's phone may have rung, or where a call that nobody knows of may yet be found.
CREATE FUNCTION count_to_give_back(of_attempt uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
SELECT a.counted_until FROM attempt a
 WHERE a.id = of_attempt AND a.state <> 'unknown'
   AND NOT EXISTS (SELECT FROM leg g
                    WHERE g.attempt_id = a.id AND g.kind = 'lead' AND g.placed_at >= a.permitted_at
                      AND NOT (g.state = 'ended' AND g.carrier_call_id IS NULL))
$$;
