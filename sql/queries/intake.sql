-- name: source_by_key
-- The source, its campaign and its account for a source key's hash.
SELECT s.account_id, s.id AS source_id, s.settings AS source_settings, s.version AS source_version,
       s.paused OR s.guard_pause IS NOT NULL OR s.removed OR c.paused OR c.removed AS paused,
       s.guard_pause AS pause_reason,
       c.id AS campaign_id, c.settings AS campaign_settings, c.version AS campaign_version
  FROM api_key k
  JOIN source s ON s.account_id = k.account_id AND s.id = k.source_id
  JOIN campaign c ON c.account_id = s.account_id AND c.id = s.campaign_id
 WHERE k.key_hash = :key_hash AND k.revoked_at IS NULL;

-- name: key_owner
-- The account (and source, if it is a source's key) that a key speaks for.
SELECT account_id, source_id FROM api_key WHERE key_hash = :key_hash AND revoked_at IS NULL;

-- name: answered_before
-- The first answer to the same external id or idempotency key of this source.
SELECT lead_id, answer_status, answer, cost FROM (
    SELECT id AS lead_id, answer_status, answer, cost, received_at
      FROM lead WHERE source_id = :source_id AND external_id = :external_id
    UNION ALL
    SELECT id, answer_status, answer, cost, received_at
      FROM lead WHERE source_id = :source_id AND idempotency_key = :idempotency_key
    UNION ALL
    SELECT lead_id, answer_status, answer, NULL, received_at
      FROM lead_touch WHERE source_id = :source_id AND external_id = :external_id
    UNION ALL
    SELECT lead_id, answer_status, answer, NULL, received_at
      FROM lead_touch WHERE source_id = :source_id AND idempotency_key = :idempotency_key
 ) before
 ORDER BY received_at LIMIT 1;

-- name: accept_lead
-- Store an accepted lead with its consent, first attempt and event. Fails with STL01, having written nothing, when it
-- is a twin, over the cap, suppressed, or answered before.
-- The dialers are woken, unless the lead can be handed to this node's own: it may be dialled now, and more agents are
-- free than leads wait. What that dialer needs is read here, so that it need not look; nobody else is told of it.
WITH no_twin AS (
    INSERT INTO recent_key (account_id, scope_id, key, lead_id, accepted_at)
    SELECT :account_id, :scope_id, key, :lead_id, :received_at
      FROM unnest(CAST(:duplicate_keys AS bytea[])) AS key ORDER BY key
    ON CONFLICT (scope_id, key) DO UPDATE
       SET lead_id = excluded.lead_id, accepted_at = excluded.accepted_at
     WHERE recent_key.accepted_at < :duplicate_since OR recent_key.lead_id = ANY (CAST(:instead_of AS uuid[]))
    RETURNING 1
), counted AS (
    INSERT INTO source_period (account_id, source_id, period, accepted, spent, cap, budget)
    SELECT :account_id, :source_id, p.period, 1, coalesce(CAST(:cost AS numeric), 0), p.cap, p.budget
      FROM unnest(CAST(:periods AS text[]), CAST(:caps AS integer[]), CAST(:budgets AS numeric[]))
           AS p (period, cap, budget)
     WHERE (SELECT count(*) FROM no_twin) = cardinality(CAST(:duplicate_keys AS bytea[]))
       AND (p.cap IS NULL OR p.cap > 0) AND (p.budget IS NULL OR coalesce(CAST(:cost AS numeric), 0) <= p.budget)
     ORDER BY p.period
    ON CONFLICT (source_id, period) DO UPDATE
       SET accepted = source_period.accepted + 1, spent = source_period.spent + excluded.spent,
           cap = excluded.cap, budget = excluded.budget
     WHERE (excluded.cap IS NULL OR source_period.accepted < excluded.cap)
       AND (excluded.budget IS NULL OR source_period.spent + excluded.spent <= excluded.budget)
    RETURNING 1
), promised AS (
    UPDATE ping SET lead_id = :lead_id
     WHERE id = :ping_id AND source_id = :source_id AND lead_id IS NULL AND released_at IS NULL
       AND expires_at > :received_at
    RETURNING 1
), new_lead AS (
    INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, phone, email, first_name,
                      last_name, address, city, region, postal_code, country, candidates, attributes, cost, test,
                      external_id, idempotency_key, submitted_at, raw_type, raw_body, raw_sha256,
                      answer_status, answer, score, rank_at, score_parts, findings, finding_shape,
                      via, arms, owner_id)
    SELECT :lead_id, :account_id, :source_id, :campaign_id, 'new', :received_at, :phone, :email, :first_name,
           :last_name, :address, :city, :region, :postal_code, :country, :candidates, :attributes, :cost, :test,
           :external_id, :idempotency_key, :submitted_at, :raw_type, :raw_body, :raw_sha256, 202, :answer,
           :score, :rank_at, :score_parts, :findings, :finding_shape, :via, :arms,
           CASE WHEN CAST(:owner AS text) IS NOT NULL
                THEN (SELECT id FROM agent WHERE account_id = :account_id AND name = :owner AND NOT removed) END
     WHERE (SELECT count(*) FROM no_twin) = cardinality(CAST(:duplicate_keys AS bytea[]))
       AND (SELECT count(*) FROM counted) = cardinality(CAST(:periods AS text[]))
       AND (CAST(:ping_id AS uuid) IS NULL OR EXISTS (SELECT FROM promised))
       AND NOT EXISTS (
           SELECT FROM suppression x
            WHERE x.account_id = :account_id AND x.removed_at IS NULL
              AND x.value IN (CAST(:phone AS text), CAST(:email AS text))
              AND (x.campaign_id IS NULL OR x.campaign_id = :campaign_id)
              AND (x.channels = '{}' OR 'call' = ANY (x.channels)))
       AND NOT EXISTS (
           SELECT FROM global_suppression g
            WHERE g.value IN (CAST(:phone AS text), CAST(:email AS text)) AND g.removed_at IS NULL)
    ON CONFLICT DO NOTHING
    RETURNING id, account_id, campaign_id, received_at, rank_at, owner_id
), new_consent AS (
    INSERT INTO consent (account_id, lead_id, channels, wording, seller, captured_at, url, ip, user_agent,
                         trustedform_cert_url, leadid_token, certificate, reassigned, recorded_at)
    SELECT account_id, id, :consent_channels, :consent_wording, :consent_seller, :consent_captured_at, :consent_url,
           :consent_ip, :consent_user_agent, :trustedform_cert_url, :leadid_token, :certificate, :reassigned,
           received_at
      FROM new_lead
), noted AS (
    INSERT INTO sighting (account_id, mark, at)
    SELECT account_id, mark, received_at FROM new_lead, unnest(CAST(:marks AS bytea[])) AS mark
), new_outreach AS (
    INSERT INTO outreach (account_id, key)
    SELECT account_id, key FROM new_lead, (VALUES (CAST(:phone AS text)), (CAST(:email AS text))) AS k (key)
     WHERE key IS NOT NULL ORDER BY key
    ON CONFLICT DO NOTHING
), new_attempt AS (
    INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, ready,
                         lead_received_at, rank_at, cadence_version)
    SELECT :attempt_id, account_id, id, campaign_id, 1, :step, :channel, 'scheduled', :due_at,
           CAST(:due_at AS timestamptz) <= received_at AND :channel = 'call', received_at,
           coalesce(rank_at, received_at), :campaign_version
      FROM new_lead
     WHERE CAST(:due_at AS timestamptz) IS NOT NULL
    RETURNING id, account_id
), new_permit AS (
    INSERT INTO permit (id, account_id, attempt_id, decided_at, decision, not_before, rule_set, rules)
    SELECT :permit_id, account_id, id, :received_at, 'not_before', :not_before, :rule_set, :rules
      FROM new_attempt WHERE CAST(:permit_id AS uuid) IS NOT NULL
), new_event AS (
    INSERT INTO event (account_id, lead_id, kind, at, data)
    SELECT account_id, id, 'lead.accepted', received_at, :event_data FROM new_lead
), free AS (
    SELECT coalesce(array_agg(g.id ORDER BY g.state_since), '{}') AS agents,
           coalesce(array_agg(g.address ORDER BY g.state_since), '{}') AS addresses,
           CAST(jsonb_agg(g.traits ORDER BY g.state_since) FILTER (WHERE :picks) AS text) AS traits
      FROM (SELECT id, CASE WHEN line_up THEN on_line(agent) ELSE address END AS address, state_since,
                   CASE WHEN :picks THEN agent_traits(agent, CAST(:agent_group AS text)) END AS traits
              FROM agent
             WHERE :hand_over AND CAST(:channel AS text) = 'call' AND CAST(:due_at AS timestamptz) <= :received_at
               AND EXISTS (SELECT FROM campaign
                            WHERE id = :campaign_id AND version = :campaign_version AND NOT paused AND NOT removed)
               AND account_id = :account_id AND state = 'available' AND NOT removed AND (line_id IS NULL OR line_up)
               AND (capped_until IS NULL OR capped_until <= :received_at)
               AND groups @> ARRAY[CAST(:agent_group AS text)]
             ORDER BY state_since LIMIT CASE WHEN CAST(:picks AS boolean) THEN 256 ELSE 8 END) g
), waiting AS (
    SELECT count(*) AS leads
      FROM (SELECT FROM attempt WHERE campaign_id = :campaign_id AND state = 'scheduled' AND ready
             ORDER BY audience, rank_at DESC, lead_received_at DESC LIMIT 8) w
), way AS (
    SELECT free.*, cardinality(free.agents) > waiting.leads AS handed FROM free, waiting
), shown AS (
    SELECT coalesce(array_agg(phone ORDER BY phone), '{}') AS numbers,
           coalesce(array_agg(carrier ORDER BY phone), '{}') AS number_carriers,
           coalesce(array_agg(CASE WHEN day_ends > :received_at THEN day_calls ELSE 0 END ORDER BY phone), '{}')
             AS number_calls,
           coalesce(array_agg(benched_by IS NOT DISTINCT FROM 'watch' ORDER BY phone), '{}') AS number_trials
      FROM phone_number
     WHERE (SELECT handed FROM way) AND account_id = :account_id AND NOT removed AND NOT tracking
       AND (benched_until IS NULL OR benched_until <= :received_at)
)
SELECT coalesce((SELECT id FROM new_lead), kept_out()) AS id, agents, addresses, traits,
       CASE WHEN handed AND :by_owner THEN owner_of(:account_id, (SELECT owner_id FROM new_lead), :phone) END AS owner_id, handed,
       CASE WHEN NOT handed THEN pg_notify('speedtolead', '') IS NOT NULL END AS notified,
       CASE WHEN NOT handed THEN NULL
            WHEN EXISTS (SELECT FROM outreach
                          WHERE key IN (CAST(:phone AS text), CAST(:email AS text)) AND account_id = :account_id
                            AND version > 0)
              OR EXISTS (SELECT FROM campaign
                          WHERE id = :campaign_id AND (relies_on <> '{}' OR lead_first_held_at IS NOT NULL))
            THEN contact_facts(:account_id, NULL, :campaign_id, :phone, :email)
            ELSE no_contact_facts() END AS known,
       shown.numbers, shown.number_carriers, shown.number_calls, shown.number_trials,
       CASE WHEN handed AND EXISTS (SELECT FROM outreach
                                     WHERE key = CAST(:phone AS text) AND account_id = :account_id AND version > 0)
            THEN (SELECT caller_id FROM leg
                   WHERE account_id = :account_id AND address = CAST(:phone AS text) AND kind = 'lead'
                     AND carrier_call_id IS NOT NULL AND ended_as IS DISTINCT FROM 'failed'
                   ORDER BY placed_at DESC LIMIT 1) END AS saw
  FROM way, shown;

-- name: keep_finding_shape
-- A shape of findings, before the first lead that has it.
INSERT INTO finding_shape (account_id, digest, entries) VALUES (:account_id, :digest, :entries) ON CONFLICT DO NOTHING;

-- name: why_not_accepted
-- Which of the guards kept a lead out, beside its twins: the suppression's reason, and the periods that are full.
SELECT coalesce((SELECT x.reason FROM suppression x
                  WHERE x.account_id = :account_id AND x.removed_at IS NULL
                    AND x.value IN (CAST(:phone AS text), CAST(:email AS text))
                    AND (x.campaign_id IS NULL OR x.campaign_id = :campaign_id)
                    AND (x.channels = '{}' OR 'call' = ANY (x.channels)) LIMIT 1),
                (SELECT g.reason FROM global_suppression g
                  WHERE g.value IN (CAST(:phone AS text), CAST(:email AS text)) AND g.removed_at IS NULL LIMIT 1))
       AS suppressed,
       ARRAY(SELECT p.period
               FROM unnest(CAST(:periods AS text[]), CAST(:caps AS integer[]), CAST(:budgets AS numeric[]))
                    AS p (period, cap, budget)
               LEFT JOIN source_period s ON s.source_id = :source_id AND s.period = p.period
              WHERE coalesce(s.accepted, 0) >= p.cap
                 OR coalesce(s.spent, 0) + coalesce(CAST(:cost AS numeric), 0) > p.budget) AS full_periods;

-- name: twins
-- The earlier leads that share a key, oldest first; whether each runs, and whether it is being called.
SELECT t.lead_id, t.accepted_at, l.state,
       EXISTS (SELECT FROM attempt WHERE lead_id = t.lead_id
                AND (state IN ('claimed', 'dialing', 'sending', 'unknown') OR (state = 'connected' AND ended_at IS NULL)))
           AS live
  FROM (SELECT lead_id, max(accepted_at) AS accepted_at FROM recent_key
         WHERE scope_id = :scope_id AND key = ANY (CAST(:duplicate_keys AS bytea[]))
           AND accepted_at >= :duplicate_since
         GROUP BY lead_id) t
  LEFT JOIN lead l ON l.id = t.lead_id AND l.account_id = :account_id
 ORDER BY t.accepted_at;

-- name: touch_lead
-- Refresh a running lead with a repeated post: what it adds is taken over, its next call comes as soon as may be, and
-- the post is kept. Nothing is returned when the lead has ended, or the same request was answered before.
-- The channels of both consents count from then on, and so does it if the number changed hands since either.
-- Attempts are locked before their lead, as by everybody else.
WITH held AS MATERIALIZED (
    SELECT id FROM attempt WHERE lead_id = :twin AND state = 'scheduled' ORDER BY id FOR NO KEY UPDATE
), running AS (
    SELECT id FROM lead
     WHERE id = :twin AND account_id = :account_id AND state IN ('new', 'working')
       AND (SELECT count(*) FROM held) >= 0 FOR NO KEY UPDATE
), touch AS (
    INSERT INTO lead_touch (id, account_id, lead_id, source_id, received_at, external_id, idempotency_key, consent,
                            raw_type, raw_body, raw_sha256, answer_status, answer)
    SELECT :touch_id, :account_id, id, :source_id, :received_at, :external_id, :idempotency_key, :consent,
           :raw_type, :raw_body, :raw_sha256, 202, :answer
      FROM running
    ON CONFLICT DO NOTHING
    RETURNING lead_id
), refreshed AS (
    UPDATE lead SET attributes = lead.attributes || :attributes,
           email = coalesce(lead.email, :email), first_name = coalesce(lead.first_name, :first_name),
           last_name = coalesce(lead.last_name, :last_name), address = coalesce(lead.address, :address),
           city = coalesce(lead.city, :city)
      FROM touch WHERE lead.id = touch.lead_id
), renewed AS (
    UPDATE consent c
       SET renewed_channels = CAST(:consent_channels AS text[]),
           revoked = ARRAY(SELECT unnest(c.revoked) EXCEPT SELECT unnest(CAST(:consent_channels AS text[]))),
           renewed_wording = coalesce(CAST(:consent_wording AS text), c.renewed_wording),
           renewed_seller = coalesce(CAST(:consent_seller AS text), c.renewed_seller),
           renewed_at = coalesce(CAST(:consent_captured_at AS timestamptz), CAST(:received_at AS timestamptz)),
           reassigned = greatest(c.reassigned, CAST(:reassigned AS boolean))
      FROM touch WHERE c.lead_id = touch.lead_id
), renewal AS (
    INSERT INTO consent_change (account_id, lead_id, at, kind, channels, origin)
    SELECT :account_id, lead_id, :received_at, 'given_again', :consent_channels, 'post' FROM touch
), known AS (
    INSERT INTO outreach (account_id, key)
    SELECT :account_id, :email FROM touch WHERE CAST(:email AS text) IS NOT NULL
    ON CONFLICT DO NOTHING
), sooner AS (
    UPDATE attempt SET due_at = :due_at FROM touch
     WHERE attempt.id IN (SELECT id FROM held) AND attempt.lead_id = touch.lead_id
       AND attempt.state = 'scheduled' AND attempt.channel = 'call' AND attempt.due_at > :due_at
), noted AS (
    INSERT INTO sighting (account_id, mark, at)
    SELECT :account_id, mark, :received_at FROM touch, unnest(CAST(:marks AS bytea[])) AS mark
), new_event AS (
    INSERT INTO event (account_id, lead_id, kind, at, data)
    SELECT :account_id, lead_id, 'lead.touched', :received_at, :event_data FROM touch
)
SELECT lead_id AS id FROM touch WHERE pg_notify('speedtolead', '') IS NOT NULL;

-- name: close_for_restart
-- End a lead whose person has come again, so that only one cadence runs. Nothing is returned while it is being called.
WITH held AS MATERIALIZED (
    SELECT id, state, ended_at FROM attempt WHERE lead_id = :twin ORDER BY id FOR NO KEY UPDATE
), old AS (
    UPDATE lead SET state = 'closed'
     WHERE id = :twin AND account_id = :account_id AND state IN ('new', 'working')
       AND NOT EXISTS (SELECT FROM held
                        WHERE state IN ('claimed', 'dialing', 'sending', 'unknown')
                           OR (state = 'connected' AND ended_at IS NULL))
    RETURNING id
), cancelled AS (
    UPDATE attempt SET state = 'cancelled', ended_at = :now, note = 'the person came again' FROM old
     WHERE attempt.lead_id = old.id AND attempt.state = 'scheduled' AND attempt.id IN (SELECT id FROM held)
), new_event AS (
    INSERT INTO event (account_id, lead_id, kind, at, data)
    SELECT :account_id, id, 'lead.closed', :now, '{"reason": "came again"}' FROM old
)
SELECT id FROM old;

-- name: refuse_lead
-- Keep a refused lead with its reason; nothing is returned when it was answered before.
WITH new_lead AS (
    INSERT INTO lead (id, account_id, source_id, campaign_id, state, refusal, received_at, phone, email,
                      first_name, last_name, address, city, region, postal_code, country, candidates, attributes,
                      cost, test, external_id, idempotency_key, submitted_at, raw_type, raw_body, raw_sha256,
                      answer_status, answer, score_parts, findings, finding_shape, via)
    SELECT :lead_id, :account_id, :source_id, :campaign_id, 'rejected', :refusal, :received_at, :phone, :email,
           :first_name, :last_name, :address, :city, :region, :postal_code, :country, :candidates, :attributes,
           :cost, :test, :external_id, :idempotency_key, :submitted_at, :raw_type, :raw_body, :raw_sha256,
           422, :answer, '[]', :findings, :finding_shape, :via
     WHERE NOT EXISTS (SELECT FROM lead_touch WHERE source_id = :source_id AND external_id = :external_id)
       AND NOT EXISTS (SELECT FROM lead_touch WHERE source_id = :source_id AND idempotency_key = :idempotency_key)
    ON CONFLICT DO NOTHING
    RETURNING id, account_id, received_at
), new_consent AS (
    INSERT INTO consent (account_id, lead_id, channels, wording, seller, captured_at, url, ip, user_agent,
                         trustedform_cert_url, leadid_token, recorded_at)
    SELECT account_id, id, :consent_channels, :consent_wording, :consent_seller, :consent_captured_at,
           :consent_url, :consent_ip, :consent_user_agent, :trustedform_cert_url, :leadid_token, received_at
      FROM new_lead
), noted AS (
    INSERT INTO sighting (account_id, mark, at)
    SELECT account_id, mark, received_at FROM new_lead, unnest(CAST(:marks AS bytea[])) AS mark
), new_event AS (
    INSERT INTO event (account_id, lead_id, kind, at, data)
    SELECT account_id, id, 'lead.refused', received_at, :event_data FROM new_lead
)
SELECT id FROM new_lead;

-- name: record_commits
-- The moment at which each accepted lead's transaction had committed, written after the fact, in bulk. Leads in one
-- order, as everybody who locks several.
WITH held AS MATERIALIZED (
    SELECT lead.id, w.at
      FROM unnest(CAST(:lead_ids AS uuid[]), CAST(:times AS timestamptz[])) AS w (lead_id, at)
      JOIN lead ON lead.id = w.lead_id
     WHERE lead.committed_at IS NULL ORDER BY lead.id FOR NO KEY UPDATE OF lead
)
UPDATE lead SET committed_at = held.at FROM held WHERE lead.id = held.id;
