-- Figures: sums by day that are kept up as things happen, so that a report of a year reads few rows.
--
-- What changes a lead's numbers leaves a tiny row in figure_pending, in its own transaction and by trigger, so that
-- nobody can forget it. A tick takes those rows, counts these leads anew from their raw rows (lead_figures: the one
-- place that says what counts), and adds the difference from what each lead counted before. So a late or corrected
-- outcome restates the day that it belongs to, and the sums are at any time exactly those of the leads in `counted`.

-- No reference is checked here, and the one index tells accounts apart: it is written on the way of each lead.
CREATE TABLE figure_pending (
    account_id  uuid NOT NULL,
    lead_id     uuid NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, fillfactor = 100);
CREATE INDEX figure_pending_of_account ON figure_pending (account_id);

CREATE TYPE figure_part AS (source_id uuid, day date, name text, key text, n numeric);

-- What each lead counts now: its share of the sums.
CREATE TABLE counted (
    lead_id      uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    campaign_id  uuid NOT NULL,
    first_day    date NOT NULL,
    last_day     date NOT NULL,
    parts        figure_part[] NOT NULL,
    FOREIGN KEY (account_id, lead_id) REFERENCES lead (account_id, id)
);
CREATE INDEX counted_days ON counted (account_id, last_day, first_day);

-- The sums, by day of the account's zone, and by month (`monthly`, the day is its first); of each campaign and source,
-- and of all together (`whole`, with ids of zeros), so that a report of everything reads few rows.
CREATE TABLE figure (
    account_id   uuid NOT NULL,
    monthly      boolean NOT NULL,
    whole        boolean NOT NULL,
    name         text NOT NULL,
    day          date NOT NULL,
    campaign_id  uuid NOT NULL,
    source_id    uuid NOT NULL,
    key          text NOT NULL,
    n            numeric NOT NULL,
    PRIMARY KEY (account_id, monthly, whole, name, day, campaign_id, source_id, key)
);
COMMENT ON COLUMN figure.name IS 'what is counted: see docs/metrics.md';
COMMENT ON COLUMN figure.key IS 'of what kind, where a number is told apart: an attempt number, an agent, a bucket; or empty';

-- How long agents were in each state: a row when one is over.
CREATE TABLE agent_spell (
    account_id  uuid NOT NULL,
    agent_id    uuid NOT NULL,
    state       text NOT NULL,
    since       timestamptz NOT NULL,
    until       timestamptz NOT NULL
);
CREATE INDEX agent_spell_until ON agent_spell USING brin (until) WITH (pages_per_range = 16);

-- The bucket of a duration in a log-bucketed histogram: bounds grow by (1 + e) / (1 - e), e = 2 %, from 10 us up.
CREATE FUNCTION figure_bucket(seconds double precision) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN seconds <= 0.00001 THEN '0' ELSE CAST(ceil(ln(seconds / 0.00001) / ln(1.02 / 0.98)) AS text) END
$$;

-- The class of a speed, by the shares that are shown.
CREATE FUNCTION figure_class(seconds double precision) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN seconds <= 5 THEN '5' WHEN seconds <= 30 THEN '30' WHEN seconds <= 60 THEN '60'
            WHEN seconds <= 300 THEN '300' ELSE 'more' END
$$;

-- What one lead counts, from its raw rows. A test lead, and one that was not answered yet, counts nothing. A call is
-- counted as dialled when the carrier was asked, and in all else when it has ended.
CREATE FUNCTION lead_figures(of_lead uuid) RETURNS figure_part[] LANGUAGE sql STABLE AS $$
WITH l AS (
    SELECT l.id, l.account_id, l.source_id, l.received_at, l.committed_at, l.refusal, l.cost, l.via, a.timezone AS zone,
           CAST(l.received_at AT TIME ZONE a.timezone AS date) AS day, l.state <> 'rejected' AS accepted,
           l.state <> 'rejected' AND k.state IS DISTINCT FROM 'credited' AS kept, k.state AS claim, k.amount
      FROM lead l JOIN account a ON a.id = l.account_id
      LEFT JOIN return_claim k ON k.lead_id = l.id AND k.state <> 'withdrawn'
     WHERE l.id = of_lead AND NOT l.test AND l.answer_status > 0
), t AS (
    SELECT t.*, t.ended_at IS NOT NULL AS over, g.answered_by
      FROM l JOIN attempt t ON t.lead_id = l.id AND t.channel = 'call'
      LEFT JOIN LATERAL (SELECT answered_by FROM leg WHERE attempt_id = t.id AND kind = 'lead'
                          ORDER BY placed_at DESC LIMIT 1) g ON true
), f AS (
    SELECT count(*) FILTER (WHERE requested_at IS NOT NULL) AS dialled,
           count(*) FILTER (WHERE contact) AS contacts,
           min(number) FILTER (WHERE contact AND direction = 'outbound') AS attempts_to_contact,
           count(*) FILTER (WHERE over AND bridged_at IS NOT NULL AND NOT contact AND state = 'connected'
                              AND answered_by = 'human') AS short_talks,
           count(*) FILTER (WHERE over AND bridged_at IS NOT NULL AND NOT contact AND state = 'connected'
                              AND answered_by IS DISTINCT FROM 'human') AS unclear,
           count(*) FILTER (WHERE over AND state = 'machine') AS machines,
           count(*) FILTER (WHERE over AND answered_at IS NOT NULL AND state <> 'machine' AND direction = 'outbound')
             AS live_answers,
           count(*) FILTER (WHERE over AND answered_at IS NOT NULL AND state <> 'machine' AND direction = 'outbound'
                              AND (state = 'abandoned' OR bridged_at - answered_at > interval '2 seconds'))
             AS abandoned,
           min(requested_at) FILTER (WHERE direction = 'outbound') AS requested_at,
           min(ringing_at) FILTER (WHERE over AND direction = 'outbound') AS ringing_at,
           min(answered_at) FILTER (WHERE over AND direction = 'outbound' AND state <> 'machine') AS answered_at,
           min(bridged_at) FILTER (WHERE over AND direction = 'outbound' AND contact) AS bridged_at,
           (array_agg(permitted_wait + CAST(extract(epoch FROM requested_at - permitted_at) AS double precision)
                      ORDER BY number) FILTER (WHERE requested_at IS NOT NULL AND direction = 'outbound'))[1]
             AS permitted_wait
      FROM t
), o AS (
    SELECT coalesce(bool_or(kind = 'appointment'), false) AS appointment, coalesce(bool_or(kind = 'quote'), false) AS quote,
           coalesce(bool_or(kind = 'sale'), false) AS sale, sum(value) FILTER (WHERE kind = 'sale') AS revenue
      FROM outcome WHERE lead_id = of_lead
), kind AS (
    SELECT CASE WHEN l.via = 'call' THEN 'inbound_call'
                WHEN f.requested_at - l.received_at <= interval '60 seconds' THEN 'lead_to_call'
                ELSE 'form_lead' END AS kind
      FROM l, f
), spoke AS (
    SELECT agent_id, bridged_at FROM t WHERE contact AND agent_id IS NOT NULL AND bridged_at IS NOT NULL
     ORDER BY bridged_at DESC LIMIT 1
), part AS (
    SELECT l.source_id, l.day, v.name, v.key, v.n
      FROM l, f, o, kind,
           LATERAL (VALUES
               ('received', '', 1),
               ('accepted', '', CAST(l.accepted AS integer)),
               ('refused', coalesce(l.refusal, 'unknown'), CAST(NOT l.accepted AS integer)),
               ('dialled', '', CAST(f.dialled > 0 AS integer)),
               ('contacted', '', CAST(f.contacts > 0 AS integer)),
               ('dialled_contacted', '', CAST(f.contacts > 0 AND f.dialled > 0 AS integer)),
               ('short_talk_only', '', CAST(f.contacts = 0 AND f.short_talks > 0 AS integer)),
               ('machine_unknown_only', '', CAST(f.contacts = 0 AND f.unclear > 0 AS integer)),
               ('machine_only', '', CAST(f.contacts = 0 AND f.machines > 0 AS integer)),
               ('live_answers', '', f.live_answers), ('abandoned', '', f.abandoned),
               ('attempts_to_contact', '', coalesce(f.attempts_to_contact, 0)),
               ('contacted_by_us', '', CAST(f.attempts_to_contact IS NOT NULL AS integer)),
               ('appointments', '', CAST(l.kept AND o.appointment AS integer)),
               ('quotes', '', CAST(l.kept AND o.quote AS integer)),
               ('appointments_or_quotes', '', CAST(l.kept AND (o.appointment OR o.quote) AS integer)),
               ('sales', '', CAST(l.kept AND o.sale AS integer)),
               ('revenue', '', CASE WHEN l.kept THEN coalesce(o.revenue, 0) ELSE 0 END),
               ('cost', '', CASE WHEN l.accepted THEN coalesce(l.cost, 0) ELSE 0 END),
               ('unpriced', '', CAST(l.accepted AND l.cost IS NULL AS integer)),
               ('net_leads', '', CAST(l.kept AS integer)),
               ('net_contacted', '', CAST(l.kept AND f.contacts > 0 AS integer)),
               ('claimed', coalesce(l.claim, ''), CAST(l.claim IS NOT NULL AS integer)),
               ('claimed_amount', coalesce(l.claim, ''), coalesce(l.amount, 0)),
               ('kind_leads', kind.kind, CAST(l.kept AS integer)),
               ('kind_contacted', kind.kind, CAST(l.kept AND f.contacts > 0 AS integer)),
               ('kind_appointments', kind.kind, CAST(l.kept AND (o.appointment OR o.quote) AS integer)),
               ('kind_sales', kind.kind, CAST(l.kept AND o.sale AS integer)),
               ('kind_cost', kind.kind, CASE WHEN l.kept THEN coalesce(l.cost, 0) ELSE 0 END),
               ('kind_priced', kind.kind, CAST(l.kept AND l.cost IS NOT NULL AS integer)),
               ('kind_revenue', kind.kind, CASE WHEN l.kept THEN coalesce(o.revenue, 0) ELSE 0 END),
               ('kind_paying', kind.kind, CAST(l.kept AND coalesce(o.revenue, 0) > 0 AS integer)),
               ('kind_cost_squared', kind.kind, CASE WHEN l.kept THEN coalesce(l.cost, 0) ^ 2 ELSE 0 END),
               ('kind_products', kind.kind,
                CASE WHEN l.kept THEN coalesce(l.cost, 0) * coalesce(o.revenue, 0) ELSE 0 END),
               ('kind_revenue_squared', kind.kind, CASE WHEN l.kept THEN coalesce(o.revenue, 0) ^ 2 ELSE 0 END)
           ) AS v (name, key, n)
    UNION ALL
    SELECT l.source_id, l.day, v.name, v.key, 1
      FROM l, f,
           LATERAL (VALUES
               ('speed_to_dial', CAST(extract(epoch FROM f.requested_at - l.received_at) AS double precision)),
               ('speed_to_dial_permitted', f.permitted_wait),
               ('speed_to_ring', extract(epoch FROM f.ringing_at - l.received_at)),
               ('speed_to_answer', extract(epoch FROM f.answered_at - l.received_at)),
               ('speed_to_contact', extract(epoch FROM f.bridged_at - l.received_at))
           ) AS s (speed, seconds),
           LATERAL (VALUES (s.speed, figure_bucket(s.seconds)), (s.speed || '_class', figure_class(s.seconds))) AS v (name, key)
     WHERE l.accepted AND l.via <> 'call' AND s.seconds IS NOT NULL
    UNION ALL
    SELECT l.source_id, l.day, 'hop_' || h.hop, figure_bucket(h.took), 1
      FROM l JOIN t ON t.number = 1 AND t.direction = 'outbound' AND t.over,
           LATERAL (VALUES
               ('committed', CAST(extract(epoch FROM least(l.committed_at, t.claimed_at) - l.received_at) AS double precision)),
               ('claimed', extract(epoch FROM t.claimed_at - coalesce(least(l.committed_at, t.claimed_at), l.received_at))),
               ('permitted', extract(epoch FROM t.permitted_at - t.claimed_at)),
               ('requested', extract(epoch FROM t.requested_at - t.permitted_at)),
               ('ringing', extract(epoch FROM t.ringing_at - t.requested_at)),
               ('answered', extract(epoch FROM t.answered_at - t.ringing_at)),
               ('bridged', extract(epoch FROM t.bridged_at - t.answered_at))
           ) AS h (hop, took)
     WHERE h.took IS NOT NULL
    UNION ALL
    SELECT l.source_id, CAST(x.local AS date), v.name, v.key, v.n
      FROM l JOIN t ON t.direction = 'outbound' AND t.over AND t.requested_at IS NOT NULL,
           LATERAL (SELECT t.requested_at AT TIME ZONE l.zone AS local,
                           extract(epoch FROM t.requested_at - l.received_at) AS age) x,
           LATERAL (SELECT CAST(least(t.number, 10) AS text) AS number,
                           extract(isodow FROM x.local) || '-' || extract(hour FROM x.local) AS hour,
                           CASE WHEN x.age <= 60 THEN '60' WHEN x.age <= 300 THEN '300' WHEN x.age <= 1800 THEN '1800'
                                WHEN x.age <= 3600 THEN '3600' WHEN x.age <= 86400 THEN '86400'
                                WHEN x.age <= 259200 THEN '259200' ELSE 'more' END AS age) k,
           LATERAL (VALUES
               ('calls', t.state, 1),
               ('number_calls', k.number, 1), ('number_contacts', k.number, CAST(t.contact AS integer)),
               ('hour_calls', k.hour, 1), ('hour_contacts', k.hour, CAST(t.contact AS integer)),
               ('age_calls', k.age, 1), ('age_contacts', k.age, CAST(t.contact AS integer))
           ) AS v (name, key, n)
    UNION ALL
    SELECT l.source_id, CAST(g.placed_at AT TIME ZONE l.zone AS date), v.name, CAST(g.agent_id AS text), v.n
      FROM l JOIN t ON true
      JOIN leg g ON g.attempt_id = t.id AND g.kind = 'agent' AND g.part IS NULL AND g.agent_id IS NOT NULL
                AND g.state = 'ended',
           LATERAL (SELECT g.accepted_at IS NOT NULL OR t.bridged_at IS NOT NULL AND t.agent_id = g.agent_id AS took) x,
           LATERAL (VALUES
               ('agent_offers', 1), ('agent_taken', CAST(x.took AS integer)),
               ('agent_missed', CAST(NOT x.took AND g.ended_as IS DISTINCT FROM 'cancelled' AS integer))
           ) AS v (name, n)
    UNION ALL
    SELECT l.source_id, CAST(t.bridged_at AT TIME ZONE l.zone AS date), v.name, CAST(t.agent_id AS text), v.n
      FROM l JOIN t ON t.over AND t.agent_id IS NOT NULL AND t.bridged_at IS NOT NULL,
           LATERAL (VALUES
               ('agent_talks', 1), ('agent_contacts', CAST(t.contact AS integer)),
               ('agent_talk_seconds', round(CAST(coalesce(t.talk_seconds, 0) AS numeric), 3))
           ) AS v (name, n)
    UNION ALL
    SELECT l.source_id, CAST(spoke.bridged_at AT TIME ZONE l.zone AS date), v.name, CAST(spoke.agent_id AS text), v.n
      FROM l, o, spoke,
           LATERAL (VALUES
               ('agent_people', 1), ('agent_appointments', CAST(l.kept AND (o.appointment OR o.quote) AS integer)),
               ('agent_sales', CAST(l.kept AND o.sale AS integer)),
               ('agent_revenue', CASE WHEN l.kept THEN coalesce(o.revenue, 0) ELSE 0 END)
           ) AS v (name, n)
    UNION ALL
    SELECT l.source_id, CAST(p.decided_at AT TIME ZONE l.zone AS date), 'permits_refused', r.one ->> 'name', 1
      FROM l JOIN attempt t ON t.lead_id = l.id JOIN permit p ON p.attempt_id = t.id AND p.decision <> 'allowed',
           LATERAL jsonb_array_elements(p.rules) AS r (one)
     WHERE r.one ->> 'verdict' = p.decision
    UNION ALL
    SELECT l.source_id, CAST(m.made_at AT TIME ZONE l.zone AS date), 'messages_' || m.channel, v.key, v.n
      FROM l JOIN message m ON m.lead_id = l.id,
           LATERAL (VALUES (m.state, 1), ('segments', coalesce(m.segments, 0))) AS v (key, n)
    UNION ALL
    SELECT l.source_id, CAST(x.received_at AT TIME ZONE l.zone AS date), 'replies', x.kind, 1
      FROM l JOIN inbound_text x ON x.lead_id = l.id
    UNION ALL
    SELECT t.source_id, CAST(t.received_at AT TIME ZONE l.zone AS date), 'touches', '', 1
      FROM l JOIN lead_touch t ON t.lead_id = l.id
    UNION ALL
    SELECT i.source_id, CAST(i.received_at AT TIME ZONE l.zone AS date), v.name, v.key, v.n
      FROM l JOIN inbound_call i ON i.lead_id = l.id,
           LATERAL (VALUES
               ('calls_in', coalesce(i.outcome, ''), 1), ('calls_billable', '', CAST(coalesce(i.billable, false) AS integer)),
               ('calls_cost', '', coalesce(i.price, 0))
           ) AS v (name, key, n)
)
SELECT array_agg(ROW(source_id, day, name, key, n)::figure_part)
  FROM (SELECT source_id, day, name, key, sum(n) AS n FROM part GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0) p
$$;

-- The notes.
CREATE FUNCTION figure_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.lead_id IS NOT NULL THEN
        INSERT INTO figure_pending (account_id, lead_id) VALUES (NEW.account_id, NEW.lead_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION figure_note_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_pending (account_id, lead_id) VALUES (NEW.account_id, NEW.id);
    RETURN NULL;
END
$$;
CREATE FUNCTION figure_note_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_pending (account_id, lead_id)
    SELECT account_id, lead_id FROM attempt WHERE id = NEW.attempt_id;
    RETURN NULL;
END
$$;
CREATE FUNCTION figure_note_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_pending (account_id, lead_id) SELECT account_id, id FROM lead WHERE account_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER figure_lead AFTER INSERT ON lead FOR EACH ROW EXECUTE FUNCTION figure_note_lead();
CREATE TRIGGER figure_lead_changed AFTER UPDATE ON lead FOR EACH ROW
    WHEN ((NEW.state = 'rejected') <> (OLD.state = 'rejected') OR NEW.refusal IS DISTINCT FROM OLD.refusal
          OR NEW.cost IS DISTINCT FROM OLD.cost OR NEW.committed_at IS DISTINCT FROM OLD.committed_at OR NEW.test <> OLD.test OR NEW.answer_status <> OLD.answer_status
          OR NEW.received_at <> OLD.received_at OR NEW.source_id <> OLD.source_id OR NEW.campaign_id <> OLD.campaign_id)
    EXECUTE FUNCTION figure_note_lead();
CREATE TRIGGER figure_attempt AFTER UPDATE ON attempt FOR EACH ROW
    WHEN (NEW.requested_at IS DISTINCT FROM OLD.requested_at OR NEW.contact <> OLD.contact
          OR NEW.ended_at IS NOT NULL AND NEW.* IS DISTINCT FROM OLD.*)
    EXECUTE FUNCTION figure_note();
CREATE TRIGGER figure_leg AFTER UPDATE ON leg FOR EACH ROW
    WHEN (NEW.kind = 'agent' AND NEW.state = 'ended' AND NEW.* IS DISTINCT FROM OLD.*
          OR NEW.kind = 'lead' AND OLD.state = 'ended' AND NEW.answered_by IS DISTINCT FROM OLD.answered_by)
    EXECUTE FUNCTION figure_note_attempt();
CREATE TRIGGER figure_permit AFTER INSERT ON permit FOR EACH ROW WHEN (NEW.decision <> 'allowed')
    EXECUTE FUNCTION figure_note_attempt();
CREATE TRIGGER figure_outcome AFTER INSERT OR UPDATE ON outcome FOR EACH ROW EXECUTE FUNCTION figure_note();
CREATE TRIGGER figure_claim AFTER INSERT OR UPDATE ON return_claim FOR EACH ROW EXECUTE FUNCTION figure_note();
CREATE TRIGGER figure_touch AFTER INSERT ON lead_touch FOR EACH ROW EXECUTE FUNCTION figure_note();
CREATE TRIGGER figure_call_in AFTER INSERT ON inbound_call FOR EACH ROW EXECUTE FUNCTION figure_note();
CREATE TRIGGER figure_call_in_judged AFTER UPDATE ON inbound_call FOR EACH ROW
    WHEN (NEW.outcome IS DISTINCT FROM OLD.outcome OR NEW.billable IS DISTINCT FROM OLD.billable
          OR NEW.price IS DISTINCT FROM OLD.price)
    EXECUTE FUNCTION figure_note();
CREATE TRIGGER figure_message AFTER INSERT OR UPDATE OF state, segments ON message
    FOR EACH ROW EXECUTE FUNCTION figure_note();
CREATE TRIGGER figure_text AFTER INSERT OR UPDATE OF lead_id, kind ON inbound_text
    FOR EACH ROW EXECUTE FUNCTION figure_note();
CREATE TRIGGER figure_zone AFTER UPDATE ON account FOR EACH ROW WHEN (NEW.timezone <> OLD.timezone)
    EXECUTE FUNCTION figure_note_account();

CREATE FUNCTION agent_spell_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO agent_spell (account_id, agent_id, state, since, until)
    VALUES (OLD.account_id, OLD.id, OLD.state, OLD.state_since, greatest(NEW.state_since, OLD.state_since));
    RETURN NULL;
END
$$;
CREATE TRIGGER agent_spell_over AFTER UPDATE OF state ON agent FOR EACH ROW WHEN (NEW.state <> OLD.state)
    EXECUTE FUNCTION agent_spell_note();

-- What was there before is counted as what comes.
INSERT INTO figure_pending (account_id, lead_id) SELECT account_id, id FROM lead;
