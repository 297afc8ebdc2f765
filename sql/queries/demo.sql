-- name: add_past_leads
-- A made-up past of a source that has none: so many leads, one after another up to a moment, six in ten contacted and
-- three in a hundred invalid. Only the demo asks for it.
INSERT INTO lead (id, account_id, source_id, campaign_id, state, refusal, received_at, committed_at, phone, first_name, region, country,
                  candidates, attributes, cost, raw_type, raw_body, raw_sha256, answer_status, answer)
SELECT gen_random_uuid(), s.account_id, s.id, s.campaign_id,
       CASE WHEN i * 37 % 100 < 60 THEN 'contacted' WHEN i * 37 % 100 < 97 THEN 'exhausted' ELSE 'rejected' END,
       CASE WHEN i * 37 % 100 >= 97 THEN 'invalid_phone' END,
       CAST(:until AS timestamptz) - i * interval '134 minutes',
       CAST(:until AS timestamptz) - i * interval '134 minutes' + interval '6 ms',
       CASE WHEN i * 37 % 100 < 97 THEN '+121255501' || lpad(CAST(i * 37 % 97 AS text), 2, '0') END,
       (ARRAY['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Radia'])[1 + i % 6],
       (ARRAY['NY', 'NJ', 'FL', 'NY'])[1 + i % 4], 'US',
       '[{"zone": "America/New_York", "state": "NY", "origin": "area_code"}]', '{}', :cost, 'application/json', '', sha256(''),
       CASE WHEN i * 37 % 100 < 97 THEN 202 ELSE 422 END, '{}'
  FROM account a JOIN source s ON s.account_id = a.id, generate_series(1, CAST(:leads AS integer)) AS i
 WHERE a.name = :account AND s.name = :source AND NOT EXISTS (SELECT FROM lead l WHERE l.source_id = s.id);

-- name: add_past_calls
-- The calls of that past, and what they brought: most people are reached at the first call, some at the second or third,
-- few calls were late, and one contact in ten ends in a sale.
WITH made AS (
    SELECT l.id, l.account_id, l.campaign_id, l.received_at, l.state = 'contacted' AS reached,
           row_number() OVER (ORDER BY l.received_at) AS i
      FROM lead l JOIN source s ON s.id = l.source_id JOIN account a ON a.id = l.account_id
     WHERE a.name = :account AND s.name = :source AND l.received_at <= :until AND l.state <> 'rejected'
       AND NOT EXISTS (SELECT FROM attempt t WHERE t.lead_id = l.id)
), desk AS (
    SELECT g.id, row_number() OVER (ORDER BY g.name) - 1 AS place, count(*) OVER () AS agents
      FROM agent g JOIN account a ON a.id = g.account_id WHERE a.name = :account AND NOT g.removed
), call AS (
    SELECT m.*, n, m.reached AND n = 1 + (m.i * 53 % 100 >= 62)::int + (m.i * 53 % 100 >= 87)::int AS talked,
           m.received_at + (ARRAY[interval '0 s', interval '5 minutes', interval '22 hours'])[n]
             + interval '1 second' * exp(0.4 + (m.i * 29 % 97) / 24.0 + CASE WHEN m.i % 9 = 0 THEN 3 ELSE 0 END) AS at
      FROM made m, generate_series(1, 3) AS n
     WHERE NOT m.reached OR n <= 1 + (m.i * 53 % 100 >= 62)::int + (m.i * 53 % 100 >= 87)::int
), called AS (
    INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, lead_received_at,
                         rank_at, mode, agent_id, claimed_at, permitted_at, requested_at, permitted_wait, ringing_at,
                         answered_at, bridged_at, ended_at, contact, talk_seconds)
    SELECT gen_random_uuid(), c.account_id, c.id, c.campaign_id, c.n, c.n - 1, 'call',
           CASE WHEN c.talked THEN 'connected' WHEN c.i % 4 = 0 THEN 'machine' WHEN c.i % 7 = 0 THEN 'busy' ELSE 'no_answer' END,
           c.at, c.received_at, c.received_at, 'agent_first', CASE WHEN c.talked THEN d.id END,
           c.at - interval '40 ms', c.at - interval '15 ms', c.at,
           CAST(extract(epoch FROM c.at - c.received_at) AS double precision),
           c.at + interval '2 seconds', CASE WHEN c.talked OR c.i % 4 = 0 THEN c.at + interval '9 seconds' END,
           CASE WHEN c.talked THEN c.at + interval '9.3 seconds' END,
           c.at + CASE WHEN c.talked THEN interval '1 second' * (60 + c.i * 31 % 400) ELSE interval '27 seconds' END,
           c.talked, CASE WHEN c.talked THEN 50 + c.i * 31 % 400 END
      FROM call c JOIN desk d ON d.place = c.i % d.agents
    RETURNING id, account_id, agent_id, requested_at, ended_at
), rung AS (
    INSERT INTO leg (id, account_id, attempt_id, kind, address, caller_id, agent_id, state, placed_at, accepted_at, ended_at,
                     ended_as)
    SELECT gen_random_uuid(), account_id, id, 'agent', '', '', agent_id, 'ended', requested_at, requested_at, ended_at, 'completed'
      FROM called WHERE agent_id IS NOT NULL
)
INSERT INTO outcome (id, account_id, lead_id, kind, value, occurred_at, reported_at, reported_by)
SELECT gen_random_uuid(), c.account_id, c.id, o.kind, CASE WHEN o.kind = 'sale' THEN 240 + c.i * 37 % 600 END,
       c.at + o.later, c.at + o.later, 'demo'
  FROM call c, (VALUES ('appointment', 36, interval '5 minutes'), ('sale', 10, interval '26 hours')) AS o (kind, share, later)
 WHERE c.talked AND c.i * 41 % 100 < o.share AND c.at + o.later < :until;
