-- Cadences of several channels: the versions of a campaign that leads follow, and attempts that are no calls.

-- What a campaign was at each version, so that an attempt can name the plan that it was made by.
CREATE TABLE campaign_version (
    account_id   uuid NOT NULL,
    campaign_id  uuid NOT NULL,
    version      integer NOT NULL,
    settings     jsonb NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (campaign_id, version),
    FOREIGN KEY (account_id, campaign_id) REFERENCES campaign (account_id, id)
);
INSERT INTO campaign_version (account_id, campaign_id, version, settings)
SELECT account_id, id, version, settings FROM campaign;

CREATE FUNCTION keep_campaign_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO campaign_version (account_id, campaign_id, version, settings)
    VALUES (NEW.account_id, NEW.id, NEW.version, NEW.settings) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_version AFTER INSERT OR UPDATE OF version ON campaign
    FOR EACH ROW EXECUTE FUNCTION keep_campaign_version();

ALTER TABLE lead ADD COLUMN cadence_version integer;
COMMENT ON COLUMN lead.cadence_version IS 'the version of its campaign whose cadence it follows; null: the present one';

ALTER TABLE attempt
    ADD COLUMN cadence_version integer,
    ADD COLUMN origin text NOT NULL DEFAULT 'cadence' CHECK (origin IN ('cadence', 'callback', 'reply')),
    DROP CONSTRAINT attempt_channel_check,
    ADD CONSTRAINT attempt_channel_check CHECK (channel IN ('call', 'sms', 'email', 'webhook', 'task')),
    DROP CONSTRAINT attempt_state_check,
    ADD CONSTRAINT attempt_state_check CHECK (state IN
        ('scheduled', 'claimed', 'dialing', 'connected', 'no_answer', 'busy', 'machine', 'failed', 'abandoned',
         'unknown', 'refused', 'cancelled', 'expired', 'sending', 'sent', 'done'));
COMMENT ON COLUMN attempt.cadence_version IS 'the version of the campaign whose cadence planned it';
COMMENT ON COLUMN attempt.origin IS 'who planned it: the cadence, an agent''s callback, or a reply to the person';

-- At most one live attempt per lead, whatever its channel.
DROP INDEX attempt_live;
CREATE UNIQUE INDEX attempt_live ON attempt (lead_id)
    WHERE state IN ('claimed', 'dialing', 'sending', 'unknown') OR (state = 'connected' AND ended_at IS NULL);
DROP INDEX attempt_leased;
CREATE INDEX attempt_leased ON attempt (lease_until)
    WHERE state IN ('claimed', 'dialing', 'sending', 'unknown') OR (state = 'connected' AND ended_at IS NULL);

-- Calls wait for agents and carrier slots; all else only for its time.
DROP INDEX attempt_planned;
CREATE INDEX attempt_planned ON attempt (due_at, rank_at DESC)
    WHERE state = 'scheduled' AND NOT ready AND channel = 'call';
CREATE INDEX attempt_to_send ON attempt (due_at)
    WHERE state = 'scheduled' AND channel <> 'call';
