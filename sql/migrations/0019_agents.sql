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

-- Routing. What the choice of an agent asks beside who is free, and who may take which lead.
ALTER TABLE campaign
    ADD COLUMN picks          boolean NOT NULL DEFAULT false,
    ADD COLUMN by_owner       boolean NOT NULL DEFAULT false,
    ADD COLUMN fallback_group text,
    ADD COLUMN fallback_after interval;
COMMENT ON COLUMN campaign.picks IS 'its routing asks more of an agent than to be free; else nothing more is read';
COMMENT ON COLUMN campaign.by_owner IS 'its routing asks who the lead''s owner is';
COMMENT ON COLUMN campaign.fallback_group IS 'rung as well once a lead has waited fallback_after';

ALTER TABLE lead
    ADD COLUMN owner_id uuid,
    ADD FOREIGN KEY (account_id, owner_id) REFERENCES agent (account_id, id);
COMMENT ON COLUMN lead.owner_id IS 'the agent whom it was given to by name; null: whoever talked with the person last';

-- What an agent answers to, in the words of attempt.audience.
CREATE FUNCTION agent_takes(of_agent uuid, skills text[], licensed text[], languages text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['owner:' || of_agent] || ARRAY(SELECT 'skill:' || one FROM unnest(skills) AS one)
           || ARRAY(SELECT 'state:' || one FROM unnest(licensed) AS one)
           || ARRAY(SELECT 'language:' || one FROM unnest(languages) AS one)
$$;
ALTER TABLE agent
    ADD COLUMN takes    text[] NOT NULL DEFAULT '{}',
    ADD COLUMN contacts integer NOT NULL DEFAULT 0,
    ADD COLUMN sales    integer NOT NULL DEFAULT 0;
UPDATE agent SET takes = agent_takes(id, skills, licensed, languages);
COMMENT ON COLUMN agent.contacts IS 'people talked with of late, and of these the sales: counted now and then';

-- Leads of one audience wait for the same agents, so that those whom nobody free may take hold up none of the others.
ALTER TABLE attempt ADD COLUMN audience text NOT NULL DEFAULT '';
COMMENT ON COLUMN attempt.audience IS 'who may take it, as the last look found; empty: anybody, or not looked at yet';
DROP INDEX attempt_ready;
CREATE INDEX attempt_ready ON attempt (campaign_id, audience, rank_at DESC, lead_received_at DESC)
    WHERE state = 'scheduled' AND ready;
CREATE INDEX attempt_audience ON attempt (account_id) WHERE state = 'scheduled' AND audience <> '';

-- An agent as the choice sees one.
CREATE FUNCTION agent_traits(g agent, of_group text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', g.id, 'since', g.state_since, 'offered', g.offered_at, 'standing', g.standing,
                              'skills', g.skills, 'licensed', g.licensed, 'languages', g.languages,
                              'contacts', g.contacts, 'sales', g.sales,
                              'fallback', NOT g.groups @> ARRAY[of_group])
$$;

-- Whose lead it is: whom it was given to, else the agent who talked with the person last.
CREATE FUNCTION owner_of(of_account uuid, given uuid, at_phone text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
RETURN coalesce(
    (SELECT id FROM agent WHERE id = given AND account_id = of_account AND NOT removed),
    (SELECT t.agent_id FROM lead l JOIN attempt t ON t.lead_id = l.id JOIN agent g ON g.id = t.agent_id
      WHERE l.account_id = of_account AND l.phone = at_phone AND t.bridged_at IS NOT NULL AND NOT g.removed
      ORDER BY t.bridged_at DESC LIMIT 1));
END
$$;
CREATE INDEX attempt_contact ON attempt (agent_id, ended_at) WHERE contact;
