-- Views for the buyer's own tools, which only read; alarms about the whole account, and mails to its people.

-- What may be asked by tools that are no part of the service. No name, phone or address of a person is in it. Who is
-- given the schema needs no right on the tables.
CREATE SCHEMA reporting;

CREATE VIEW reporting.daily AS
SELECT a.name AS account, f.day, c.name AS campaign, s.name AS source,
       coalesce(CAST(s.settings ->> 'exclusive' AS boolean), false) AS exclusive, f.name AS figure, f.key, f.n
  FROM figure f
  JOIN account a ON a.id = f.account_id
  JOIN campaign c ON c.id = f.campaign_id
  JOIN source s ON s.id = f.source_id
 WHERE NOT f.monthly AND NOT f.whole AND f.n <> 0;
COMMENT ON VIEW reporting.daily IS 'every sum of the reports: by day of the account''s zone, campaign and source';

CREATE VIEW reporting.leads AS
SELECT a.name AS account, l.id AS lead_id, l.received_at, c.name AS campaign, s.name AS source, l.via, l.state, l.refusal,
       l.region, l.cost, f.dialled_at, CAST(extract(epoch FROM f.dialled_at - l.received_at) AS double precision) AS speed_to_dial,
       f.calls, f.contacted, o.appointments, o.quotes, o.sales, o.revenue,
       EXISTS (SELECT FROM return_claim k WHERE k.lead_id = l.id AND k.state = 'credited') AS credited
  FROM lead l
  JOIN account a ON a.id = l.account_id
  JOIN campaign c ON c.id = l.campaign_id
  JOIN source s ON s.id = l.source_id
 CROSS JOIN LATERAL (
    SELECT min(requested_at) FILTER (WHERE direction = 'outbound') AS dialled_at,
           count(*) FILTER (WHERE requested_at IS NOT NULL) AS calls, coalesce(bool_or(contact), false) AS contacted
      FROM attempt WHERE lead_id = l.id AND channel = 'call') f
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'appointment') AS appointments, count(*) FILTER (WHERE kind = 'quote') AS quotes,
           count(*) FILTER (WHERE kind = 'sale') AS sales, coalesce(sum(value) FILTER (WHERE kind = 'sale'), 0) AS revenue
      FROM outcome WHERE lead_id = l.id) o
 WHERE NOT l.test AND l.answer_status > 0;
COMMENT ON VIEW reporting.leads IS 'a row a lead, without who it is';

CREATE VIEW reporting.calls AS
SELECT a.name AS account, t.id AS attempt_id, t.lead_id, c.name AS campaign, t.direction, t.number, t.state, t.mode,
       g.name AS agent, t.caller_id, t.requested_at, t.ringing_at, t.answered_at, t.bridged_at, t.ended_at, t.contact,
       t.talk_seconds
  FROM attempt t
  JOIN lead l ON l.id = t.lead_id AND NOT l.test
  JOIN account a ON a.id = t.account_id
  JOIN campaign c ON c.id = t.campaign_id
  LEFT JOIN agent g ON g.id = t.agent_id
 WHERE t.channel = 'call' AND (t.requested_at IS NOT NULL OR t.direction = 'inbound');
COMMENT ON VIEW reporting.calls IS 'a row a call';

CREATE VIEW reporting.outcomes AS
SELECT a.name AS account, o.lead_id, o.kind, o.value, o.occurred_at, o.reported_at
  FROM outcome o JOIN account a ON a.id = o.account_id;
COMMENT ON VIEW reporting.outcomes IS 'what became of leads, as it was reported';

-- What is wrong with the whole account, from when on; one row each time. It rises before it opens, so that a moment's
-- trouble is not shouted, and ends only after it was good for a while.
CREATE TABLE alarm (
    id               uuid PRIMARY KEY,
    account_id       uuid NOT NULL REFERENCES account,
    kind             text NOT NULL CHECK (kind IN
        ('speed', 'contact', 'queue', 'no_agents', 'abandonment', 'carrier', 'list')),
    subject          text NOT NULL,
    began_at         timestamptz NOT NULL,
    opened_at        timestamptz,
    good_since       timestamptz,
    ended_at         timestamptz,
    words            text NOT NULL,
    facts            jsonb NOT NULL,
    quiet            boolean NOT NULL DEFAULT false,
    acknowledged_at  timestamptz,
    acknowledged_by  text
);
COMMENT ON COLUMN alarm.subject IS 'what it is about: a campaign, a list, a carrier; empty: the account';
COMMENT ON COLUMN alarm.opened_at IS 'null: it only rises';
COMMENT ON COLUMN alarm.quiet IS 'it opened while its kind was to be quiet: nobody was written to';
CREATE UNIQUE INDEX alarm_going_on ON alarm (account_id, kind, subject) WHERE ended_at IS NULL;
CREATE INDEX alarm_of_account ON alarm (account_id, opened_at DESC) WHERE opened_at IS NOT NULL;

CREATE TABLE alarm_quiet (
    account_id  uuid NOT NULL REFERENCES account,
    kind        text NOT NULL CHECK (kind IN
        ('speed', 'contact', 'queue', 'no_agents', 'abandonment', 'carrier', 'list')),
    until       timestamptz NOT NULL,
    set_by      text NOT NULL,
    PRIMARY KEY (account_id, kind)
);

-- Mails to the account's own people. One may come twice, when a node dies between sending and saying so.
CREATE TABLE notice (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES account,
    key         text NOT NULL,
    receiver    text NOT NULL,
    sender      text NOT NULL,
    subject     text NOT NULL,
    body        text NOT NULL,
    html        text NOT NULL,
    made_at     timestamptz NOT NULL,
    next_at     timestamptz,
    tries       integer NOT NULL DEFAULT 0,
    sent_at     timestamptz,
    error       text,
    UNIQUE (account_id, key, receiver)
);
COMMENT ON COLUMN notice.key IS 'what it is about: nobody is told of the same twice';
COMMENT ON COLUMN notice.next_at IS 'when it is tried next; null: it was sent, or given up';
CREATE INDEX notice_due ON notice (next_at) WHERE next_at IS NOT NULL;

ALTER TABLE account ADD alerts jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN account.alerts IS 'when alarms are raised and who is written to, as the configuration file says; left out: the default';
