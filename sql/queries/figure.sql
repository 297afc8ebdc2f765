-- name: accounts_to_count
-- Accounts in which something waits to be counted.
SELECT id FROM account WHERE EXISTS (SELECT FROM figure_pending p WHERE p.account_id = account.id);

-- name: lock_count
-- Let one counter at a time work on an account, until the transaction ends.
SELECT pg_try_advisory_xact_lock(hashtextextended('figure:' || CAST(CAST(:account_id AS uuid) AS text), 0)) AS free;

-- name: leads_to_count
-- Take notes off the queue: the leads to count anew. What changes after this statement began has a note of its own.
DELETE FROM figure_pending WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM figure_pending WHERE account_id = :account_id LIMIT :most))
RETURNING lead_id;

-- name: count_leads
-- Count leads anew, and add to the sums what they count more or less than before.
WITH fresh AS MATERIALIZED (
    SELECT l.id, l.account_id, l.campaign_id, lead_figures(l.id) AS parts
      FROM lead l WHERE l.account_id = :account_id AND l.id = ANY (CAST(:lead_ids AS uuid[]))
), old AS (
    SELECT c.lead_id, c.account_id, c.campaign_id, c.parts
      FROM counted c WHERE c.lead_id = ANY (CAST(:lead_ids AS uuid[])) AND c.account_id = :account_id
), changed AS (
    SELECT account_id, campaign_id, source_id, day, name, key, sum(n) AS n
      FROM (SELECT f.account_id, f.campaign_id, p.source_id, p.day, p.name, p.key, p.n
              FROM fresh f, unnest(f.parts) AS p
            UNION ALL
            SELECT o.account_id, o.campaign_id, p.source_id, p.day, p.name, p.key, -p.n
              FROM old o, unnest(o.parts) AS p) both_of_them
     GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(n) <> 0
), kept AS (
    INSERT INTO counted (lead_id, account_id, campaign_id, first_day, last_day, parts)
    SELECT f.id, f.account_id, f.campaign_id, d.first_day, d.last_day, f.parts
      FROM fresh f, LATERAL (SELECT min(day) AS first_day, max(day) AS last_day FROM unnest(f.parts)) d
     WHERE f.parts IS NOT NULL
    ON CONFLICT (lead_id) DO UPDATE SET campaign_id = excluded.campaign_id, first_day = excluded.first_day,
                                        last_day = excluded.last_day, parts = excluded.parts
), emptied AS (
    DELETE FROM counted WHERE lead_id IN (SELECT id FROM fresh WHERE parts IS NULL)
)
INSERT INTO figure (account_id, monthly, whole, name, day, campaign_id, source_id, key, n)
SELECT account_id, m.monthly, w.whole, name,
       CASE WHEN m.monthly THEN CAST(date_trunc('month', day) AS date) ELSE day END,
       coalesce(w.id, campaign_id), coalesce(w.id, source_id), key, sum(n)
  FROM changed, (VALUES (true), (false)) AS m (monthly),
       (VALUES (true, CAST('00000000-0000-0000-0000-000000000000' AS uuid)), (false, NULL)) AS w (whole, id)
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
ON CONFLICT (account_id, monthly, whole, name, day, campaign_id, source_id, key)
DO UPDATE SET n = figure.n + excluded.n;

-- name: figures
-- Sums over days of the account's zone: whole months from their own sums, the other days one by one. With `by`, of
-- each day, month, source or campaign; else of all. `whole`: nothing is asked of campaigns or sources.
SELECT CASE :by WHEN 'source' THEN s.name WHEN 'campaign' THEN c.name
                WHEN 'day' THEN to_char(f.day, 'YYYY-MM-DD') WHEN 'month' THEN to_char(f.day, 'YYYY-MM') ELSE '' END AS grouped,
       f.name, f.key, sum(f.n) AS n
  FROM (SELECT * FROM figure
         WHERE account_id = :account_id AND NOT monthly AND whole = :whole AND name = ANY (CAST(:names AS text[]))
           AND (day >= :first_day AND day < :months_from OR day >= :months_until AND day <= :last_day)
        UNION ALL
        SELECT * FROM figure
         WHERE account_id = :account_id AND monthly AND whole = :whole AND name = ANY (CAST(:names AS text[]))
           AND day >= :months_from AND day < :months_until) f
  LEFT JOIN source s ON s.id = f.source_id
  LEFT JOIN campaign c ON c.id = f.campaign_id
 WHERE (CAST(:campaign AS text) IS NULL OR c.name = :campaign)
   AND (CAST(:source AS text) IS NULL OR s.name = :source)
   AND (CAST(:exclusive AS boolean) IS NULL OR coalesce(CAST(s.settings ->> 'exclusive' AS boolean), false) = :exclusive)
 GROUP BY 1, 2, 3 HAVING sum(f.n) <> 0;

-- name: figures_of_leads
-- The same of chosen leads: of a state, with a value of an attribute, or talked with by an agent. From what each lead
-- counts, so it takes longer the more leads there were.
SELECT CASE :by WHEN 'source' THEN s.name WHEN 'campaign' THEN c.name
                WHEN 'day' THEN to_char(p.day, 'YYYY-MM-DD') WHEN 'month' THEN to_char(p.day, 'YYYY-MM') ELSE '' END AS grouped,
       p.name, p.key, sum(p.n) AS n
  FROM counted k
  JOIN lead l ON l.id = k.lead_id
  CROSS JOIN LATERAL unnest(k.parts) AS p
  JOIN source s ON s.id = p.source_id
  JOIN campaign c ON c.id = k.campaign_id
 WHERE k.account_id = :account_id AND k.last_day >= :first_day AND k.first_day <= :last_day
   AND p.day BETWEEN :first_day AND :last_day AND p.name = ANY (CAST(:names AS text[]))
   AND (CAST(:campaign AS text) IS NULL OR c.name = :campaign)
   AND (CAST(:source AS text) IS NULL OR s.name = :source)
   AND (CAST(:exclusive AS boolean) IS NULL OR coalesce(CAST(s.settings ->> 'exclusive' AS boolean), false) = :exclusive)
   AND (CAST(:region AS text) IS NULL OR l.region = :region)
   AND (CAST(:attribute AS text) IS NULL OR l.attributes ->> CAST(:attribute AS text) = :attribute_value)
   AND (CAST(:agent AS text) IS NULL OR EXISTS (
        SELECT FROM attempt t JOIN agent g ON g.id = t.agent_id
         WHERE t.lead_id = k.lead_id AND t.bridged_at IS NOT NULL AND g.name = :agent))
 GROUP BY 1, 2, 3 HAVING sum(p.n) <> 0;

-- name: forget_spells
-- Agents' time of long ago.
DELETE FROM agent_spell WHERE until < :before;

-- name: agent_times
-- Seconds that agents were in each state between two moments, with the state that each is in now.
SELECT g.id AS agent_id, g.name, g.removed, t.state,
       coalesce(sum(extract(epoch FROM least(t.until, :until) - greatest(t.since, :since))), 0)::double precision AS seconds
  FROM agent g
  JOIN (SELECT agent_id, state, since, until FROM agent_spell
         WHERE account_id = :account_id AND until >= :since
        UNION ALL
        SELECT id, state, state_since, :now FROM agent WHERE account_id = :account_id) t
    ON t.agent_id = g.id AND t.since < :until AND t.until > :since
 WHERE g.account_id = :account_id
 GROUP BY g.id, g.name, g.removed, t.state ORDER BY g.name, t.state;

-- name: report_choices
-- By what a report may be narrowed down: campaigns, sources with their kind, agents.
SELECT 'campaign' AS what, name, '' AS kind FROM campaign WHERE account_id = :account_id AND NOT removed
UNION ALL
SELECT 'source', name, CASE WHEN settings ? 'call' OR built_in THEN 'call' ELSE 'form' END
  FROM source WHERE account_id = :account_id
UNION ALL
SELECT 'agent', name, '' FROM agent WHERE account_id = :account_id AND NOT removed
 ORDER BY 1, 2;

-- name: suppressed_in_period
-- Who asked not to be contacted any more, or was put on the account's list, by reason and by where it came from.
SELECT reason, origin, count(*) AS people
  FROM suppression
 WHERE account_id = :account_id AND created_at >= :since AND created_at < :until
 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2;

-- name: slowest_leads
-- Of the latest leads of a period, those that waited longest for their first call.
SELECT l.id AS lead_id, l.first_name, l.last_name, l.phone, s.name AS source, l.received_at,
       extract(epoch FROM f.requested_at - l.received_at)::double precision AS seconds
  FROM (SELECT * FROM lead
         WHERE account_id = :account_id AND NOT test AND answer_status > 0 AND state <> 'rejected' AND via <> 'call'
           AND received_at >= :since AND received_at < :until
         ORDER BY received_at DESC LIMIT :looked_at) l
  JOIN source s ON s.id = l.source_id
  JOIN campaign c ON c.id = l.campaign_id
 CROSS JOIN LATERAL (SELECT min(requested_at) AS requested_at FROM attempt
                      WHERE lead_id = l.id AND direction = 'outbound' AND channel = 'call') f
 WHERE f.requested_at IS NOT NULL
   AND (CAST(:campaign AS text) IS NULL OR c.name = :campaign)
   AND (CAST(:source AS text) IS NULL OR s.name = :source)
 ORDER BY seconds DESC LIMIT :most;

-- name: leads_found
-- Leads of a period, newest first, behind a cursor: those whose figures a report shows.
SELECT l.id AS lead_id, s.name AS source, c.name AS campaign, l.state, l.refusal, l.received_at, l.phone,
       l.first_name, l.last_name, l.region, f.speed_to_dial, f.attempts, f.contacted, CASE WHEN l.state <> 'rejected' THEN l.cost END AS cost, o.sales, o.revenue
  FROM lead l
  JOIN source s ON s.id = l.source_id
  JOIN campaign c ON c.id = l.campaign_id
 CROSS JOIN LATERAL (
    SELECT extract(epoch FROM min(t.requested_at) FILTER (WHERE t.direction = 'outbound') - l.received_at)
             ::double precision AS speed_to_dial,
           count(*) FILTER (WHERE t.requested_at IS NOT NULL) AS attempts, coalesce(bool_or(t.contact), false) AS contacted
      FROM attempt t WHERE t.lead_id = l.id AND t.channel = 'call') f
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'sale') AS sales, coalesce(bool_or(kind IN ('appointment', 'quote')), false) AS appointed,
           sum(value) FILTER (WHERE kind = 'sale') AS revenue
      FROM outcome WHERE lead_id = l.id) o
 WHERE l.account_id = :account_id AND l.answer_status > 0 AND NOT l.test
   AND l.received_at >= :since AND l.received_at < :until
   AND (CAST(:campaign AS text) IS NULL OR c.name = :campaign)
   AND (CAST(:source AS text) IS NULL OR s.name = :source)
   AND (CAST(:exclusive AS boolean) IS NULL OR coalesce(CAST(s.settings ->> 'exclusive' AS boolean), false) = :exclusive)
   AND (CAST(:region AS text) IS NULL OR l.region = :region)
   AND (CAST(:attribute AS text) IS NULL OR l.attributes ->> CAST(:attribute AS text) = :attribute_value)
   AND (CAST(:agent AS text) IS NULL OR EXISTS (
        SELECT FROM attempt t JOIN agent g ON g.id = t.agent_id
         WHERE t.lead_id = l.id AND t.bridged_at IS NOT NULL AND g.name = :agent))
   AND (CAST(:refusal AS text) IS NULL OR l.refusal = :refusal)
   AND CASE CAST(:step AS text)
         WHEN 'accepted' THEN l.state <> 'rejected' WHEN 'refused' THEN l.state = 'rejected'
         WHEN 'dialled' THEN f.attempts > 0 WHEN 'contacted' THEN f.contacted
         WHEN 'not_contacted' THEN l.state <> 'rejected' AND NOT f.contacted
         WHEN 'appointments_or_quotes' THEN o.appointed WHEN 'sales' THEN o.sales > 0 ELSE true END
   AND (CAST(:before_at AS timestamptz) IS NULL OR (l.received_at, l.id) < (:before_at, CAST(:before_id AS uuid)))
 ORDER BY l.received_at DESC, l.id DESC LIMIT :most;

-- name: account_zone
-- Where an account is.
SELECT timezone FROM account WHERE id = :account_id;
