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

-- Best time: whether an attempt's hour was chosen by what was learned, and what was learned.
ALTER TABLE attempt ADD timed_by text CHECK (timed_by IN ('learned', 'holdout'));
COMMENT ON COLUMN attempt.timed_by IS 'who chose the hour: what was learned, or the plan, to compare with; null: not compared';
CREATE INDEX attempt_timed ON attempt (account_id, lead_id, number) WHERE timed_by IS NOT NULL;
-- What ended since one looked last. Only follow-up has a number above 1: a first call costs no index entry.
CREATE INDEX attempt_followed_up ON attempt (account_id, ended_at) WHERE number > 1 AND ended_at IS NOT NULL;

-- Follow-up calls by the hour of the person's clock, and how many of them a person answered.
CREATE TABLE answer_slot (
    account_id  uuid NOT NULL REFERENCES account,
    source_id   uuid NOT NULL,
    region      text NOT NULL,
    month       date NOT NULL,
    weekend     boolean NOT NULL,
    hour        integer NOT NULL CHECK (hour BETWEEN 0 AND 23),
    calls       integer NOT NULL,
    answers     integer NOT NULL,
    PRIMARY KEY (account_id, month, source_id, region, weekend, hour),
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);
COMMENT ON COLUMN answer_slot.region IS 'the state that the lead was posted with; empty: none';

-- Until when an account's calls stand in answer_slot.
CREATE TABLE answers_counted (
    account_id  uuid PRIMARY KEY REFERENCES account,
    until       timestamptz NOT NULL
);
