-- Agents as they are scheduled, chosen and spared: hours, skills, licences, languages, caps of offers, missed offers.

ALTER TABLE account
    ADD COLUMN pause_reasons      text[] NOT NULL DEFAULT '{}',
    ADD COLUMN pause_after_missed integer NOT NULL DEFAULT 3;
COMMENT ON COLUMN account.pause_reasons IS 'the reasons that a pause may have; empty: any';
COMMENT ON COLUMN account.pause_after_missed IS 'so many missed offers in a row pause an agent until somebody ends it; 0: never';

ALTER TABLE agent
    DROP CONSTRAINT agent_presence_check,
    ADD CONSTRAINT agent_presence_check CHECK (presence IN ('always', 'schedule', 'console')),
    ADD COLUMN schedule         jsonb,
    ADD COLUMN shift_changes_at timestamptz,
    ADD COLUMN standing         jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN skills           text[] NOT NULL DEFAULT '{}',
    ADD COLUMN licensed         text[] NOT NULL DEFAULT '{}',
    ADD COLUMN languages        text[] NOT NULL DEFAULT '{}',
    ADD COLUMN hourly_cap       integer,
    ADD COLUMN daily_cap        integer,
    ADD COLUMN timezone         text NOT NULL DEFAULT 'UTC',
    ADD COLUMN misses           integer NOT NULL DEFAULT 0,
    ADD COLUMN offered_at       timestamptz,
    ADD COLUMN offers_hour      integer NOT NULL DEFAULT 0,
    ADD COLUMN offers_day       integer NOT NULL DEFAULT 0,
    ADD COLUMN capped_until     timestamptz;
COMMENT ON COLUMN agent.schedule IS 'hours of the week and days off, in the agent''s zone; null: no presence by schedule';
COMMENT ON COLUMN agent.shift_changes_at IS 'when the schedule next takes the agent in or out; null: never';
COMMENT ON COLUMN agent.standing IS 'by group: the tier and the weight, where they are not 1';
COMMENT ON COLUMN agent.misses IS 'offers missed in a row';
COMMENT ON COLUMN agent.offered_at IS 'when the last offer was made; offers_hour and offers_day count those of that hour and day of the agent''s zone';
COMMENT ON COLUMN agent.capped_until IS 'a cap of offers is reached until then';
CREATE INDEX agent_shift ON agent (shift_changes_at) WHERE shift_changes_at IS NOT NULL AND NOT removed;

-- Whoever reserves an agent counts an offer: it is done in the row itself, so no way to a call can forget it.
CREATE FUNCTION count_offer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    here timestamp := NEW.state_since AT TIME ZONE NEW.timezone;
    last timestamp := OLD.offered_at AT TIME ZONE NEW.timezone;
BEGIN
    NEW.offered_at := NEW.state_since;
    IF NEW.hourly_cap IS NULL AND NEW.daily_cap IS NULL THEN
        RETURN NEW;
    END IF;
    NEW.offers_hour := CASE WHEN date_trunc('hour', here) = date_trunc('hour', last) THEN OLD.offers_hour ELSE 0 END + 1;
    NEW.offers_day := CASE WHEN here::date = last::date THEN OLD.offers_day ELSE 0 END + 1;
    IF NEW.offers_day >= NEW.daily_cap THEN
        NEW.capped_until := (here::date + 1)::timestamp AT TIME ZONE NEW.timezone;
    ELSIF NEW.offers_hour >= NEW.hourly_cap THEN
        NEW.capped_until := (date_trunc('hour', here) + interval '1 hour') AT TIME ZONE NEW.timezone;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER offer_counted BEFORE UPDATE ON agent FOR EACH ROW
    WHEN (NEW.state = 'reserved' AND OLD.state <> 'reserved') EXECUTE FUNCTION count_offer();
