-- Lawful contact: versions of the law, what was sent to a person, consent and its history, lists that forbid.

-- Versions of the rules, loaded by an operator; the latest whose day has come is used by every node.
CREATE TABLE rule_set (
    version         text PRIMARY KEY,
    effective_from  date NOT NULL,
    text            text NOT NULL,
    sha256          bytea NOT NULL,
    loaded_at       timestamptz NOT NULL,
    withdrawn_at    timestamptz
);

-- What was sent to one phone number or mail address by any campaign of the account. `version` rises with every
-- contact and with every suppression: a permit holds only while it has not risen since its facts were read. It is
-- locked after everything else; only the commit to dialing takes it first, and then waits for nothing.
CREATE TABLE outreach (
    account_id  uuid NOT NULL REFERENCES account,
    key         text NOT NULL,
    version     bigint NOT NULL DEFAULT 0,
    lifetime    integer NOT NULL DEFAULT 0,
    recent      jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (key, account_id)
);
COMMENT ON COLUMN outreach.recent IS 'calls and texts of the last day: [{"at": …, "channel": …, "id": …}]; the id is the leg''s';
INSERT INTO outreach (account_id, key)
SELECT DISTINCT account_id, phone FROM lead WHERE phone IS NOT NULL
UNION SELECT DISTINCT account_id, email FROM lead WHERE email IS NOT NULL;
UPDATE outreach o SET lifetime = made.calls, recent = made.recent, version = 1
  FROM (SELECT account_id, address, count(*) AS calls,
               coalesce(jsonb_agg(jsonb_build_object('at', placed_at, 'channel', 'call', 'id', id) ORDER BY placed_at)
                        FILTER (WHERE placed_at > now() - interval '24 hours'), '[]') AS recent
          FROM leg WHERE kind = 'lead' AND NOT (state = 'ended' AND carrier_call_id IS NULL)
         GROUP BY account_id, address) made
 WHERE made.account_id = o.account_id AND made.address = o.key;

UPDATE outreach o SET version = version + 1 FROM suppression x WHERE x.account_id = o.account_id AND x.value = o.key;

-- Who must not be contacted: the person's own words where there are any, and the channels, if not all of them.
ALTER TABLE suppression
    ADD words text,
    ADD channels text[] NOT NULL DEFAULT '{}',
    ADD lead_id uuid,
    ADD doubtful boolean NOT NULL DEFAULT false,
    ADD reviewed_at timestamptz,
    ADD reviewed_by text,
    ADD removed_by text,
    ADD FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id);
COMMENT ON COLUMN suppression.doubtful IS 'the words may mean something else: a person should look';
CREATE INDEX suppression_to_review ON suppression (account_id, created_at)
    WHERE doubtful AND reviewed_at IS NULL AND removed_at IS NULL;

-- Of every account of this installation; the operator's own list, such as known litigators.
CREATE TABLE global_suppression (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('phone', 'email')),
    value       text NOT NULL,
    reason      text NOT NULL,
    origin      text NOT NULL,
    created_at  timestamptz NOT NULL,
    removed_at  timestamptz
);
CREATE INDEX global_suppression_in_force ON global_suppression (value) WHERE removed_at IS NULL;

-- Do-not-call lists as they were drawn on a day; a newer version takes the place of the older.
CREATE TABLE do_not_call_list (
    id            uuid PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES account,
    name          text NOT NULL,
    version_date  date NOT NULL,
    numbers       bigint NOT NULL,
    sha256        bytea NOT NULL,
    imported_at   timestamptz NOT NULL,
    current       boolean NOT NULL DEFAULT true,
    UNIQUE (account_id, id)
);
CREATE UNIQUE INDEX do_not_call_list_current ON do_not_call_list (name, account_id) WHERE current;
CREATE TABLE do_not_call_number (
    account_id  uuid NOT NULL,
    list_id     uuid NOT NULL,
    phone       text NOT NULL,
    PRIMARY KEY (phone, list_id),
    FOREIGN KEY (account_id, list_id) REFERENCES do_not_call_list (account_id, id) ON DELETE CASCADE
);
ALTER TABLE campaign ADD relies_on text[] NOT NULL DEFAULT '{}', ADD lead_first_held_at timestamptz;
COMMENT ON COLUMN campaign.lead_first_held_at IS 'since when leads are not rung before an agent is on the line';
CREATE INDEX attempt_answered ON attempt (campaign_id, answered_at) WHERE answered_at IS NOT NULL;
COMMENT ON COLUMN campaign.relies_on IS 'names of do-not-call lists';

-- Consent as it stands, and what changed it since it was given with the lead.
ALTER TABLE consent
    ADD revoked text[] NOT NULL DEFAULT '{}',
    ADD renewed_at timestamptz,
    ADD renewed_channels text[] NOT NULL DEFAULT '{}',
    ADD renewed_wording text,
    ADD renewed_seller text,
    ADD certificate text CHECK (certificate IN ('verified', 'other_phone', 'not_authentic', 'unchecked'));
CREATE TABLE consent_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  uuid NOT NULL,
    lead_id     uuid NOT NULL,
    at          timestamptz NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('given_again', 'revoked', 'given_back')),
    channels    text[] NOT NULL,
    origin      text NOT NULL,
    words       text,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id)
);
CREATE INDEX consent_change_of_lead ON consent_change (lead_id, id);

-- What a permit looks at besides the lead's own row, in one place for all who decide.
CREATE FUNCTION contact_facts(
    of_account uuid, of_lead uuid, of_campaign uuid, at_phone text, at_email text
) RETURNS jsonb LANGUAGE sql STABLE AS $$
SELECT jsonb_build_object(
    'version', coalesce((SELECT sum(version) FROM outreach
                          WHERE key IN (at_phone, at_email) AND account_id = of_account), 0),
    'lifetime', coalesce((SELECT max(lifetime) FROM outreach
                           WHERE key IN (at_phone, at_email) AND account_id = of_account), 0),
    'recent', (SELECT jsonb_agg(DISTINCT one) FROM outreach, jsonb_array_elements(recent) AS one
                WHERE key IN (at_phone, at_email) AND account_id = of_account),
    'suppressed', (SELECT jsonb_agg(s) FROM (
        SELECT reason, CASE WHEN campaign_id IS NULL THEN 'account' ELSE 'campaign' END AS scope, channels
          FROM suppression
         WHERE account_id = of_account AND removed_at IS NULL AND value IN (at_phone, at_email)
           AND (campaign_id IS NULL OR campaign_id = of_campaign)
        UNION ALL
        SELECT reason, 'everyone', '{}' FROM global_suppression
         WHERE value IN (at_phone, at_email) AND removed_at IS NULL) s),
    'lists', (SELECT jsonb_agg(l) FROM (
        SELECT d.name, d.version_date,
               EXISTS (SELECT FROM do_not_call_number n WHERE n.phone = at_phone AND n.list_id = d.id) AS listed
          FROM campaign c JOIN do_not_call_list d
            ON d.account_id = c.account_id AND d.current AND d.name = ANY (c.relies_on)
         WHERE c.id = of_campaign AND c.relies_on <> '{}') l),
    'transaction_at', (SELECT max(o.occurred_at) FROM campaign c
         JOIN lead p ON p.account_id = of_account AND p.phone = at_phone
         JOIN outcome o ON o.lead_id = p.id AND o.kind = 'sale'
        WHERE c.id = of_campaign AND c.relies_on <> '{}'),
    'lead_first_held', (SELECT lead_first_held_at IS NOT NULL FROM campaign WHERE id = of_campaign),
    'consent', (SELECT jsonb_build_object(
        'channels', channels || renewed_channels, 'revoked', revoked, 'seller', coalesce(renewed_seller, seller),
        'written', coalesce(renewed_wording, wording, '') <> '',
        'given_at', coalesce(renewed_at, captured_at, recorded_at), 'certificate', certificate)
        FROM consent WHERE lead_id = of_lead))
$$;

-- The same of somebody who was never contacted or suppressed, for a campaign that relies on no list: looked up nowhere.
CREATE FUNCTION no_contact_facts() RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
SELECT CAST('{"version": 0, "lifetime": 0, "recent": null, "suppressed": null, "lists": null, "transaction_at": null,
              "lead_first_held": false, "consent": null}' AS jsonb)
$$;

-- The contacts of the last day, with one more.
CREATE FUNCTION recent_contacts(before jsonb, now timestamptz, channel text, id uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
SELECT coalesce((SELECT jsonb_agg(one) FROM jsonb_array_elements(before) AS one
                  WHERE CAST(one ->> 'at' AS timestamptz) > now - interval '24 hours'), '[]')
       || jsonb_build_object('at', now, 'channel', channel, 'id', id)
$$;
