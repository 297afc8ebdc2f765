-- Experiments: which arm a lead went into is written with the lead, in the statement that stores it.

ALTER TABLE lead ADD arms jsonb;
COMMENT ON COLUMN lead.arms IS 'the arm of each experiment that it is in, by names; null: it is in none';
CREATE INDEX lead_arms ON lead (campaign_id, received_at) WHERE arms IS NOT NULL;

-- One row for each experiment that ever ran, so that what it found stays when the file no longer names it.
CREATE TABLE experiment (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES account,
    campaign_id  uuid NOT NULL,
    name         text NOT NULL,
    settings     jsonb NOT NULL,
    began_at     timestamptz NOT NULL,
    ended_at     timestamptz,
    UNIQUE (campaign_id, name),
    FOREIGN KEY (account_id, campaign_id) REFERENCES campaign (account_id, id)
);
COMMENT ON COLUMN experiment.settings IS 'arms, measure, effect and settling time, as they were when it began: they never change';
