-- name: ensure_carriers
-- The carrier accounts' rows: slots, and a breaker that is closed.
WITH slots AS (
    INSERT INTO carrier_slot (carrier, next_at) SELECT unnest(CAST(:carriers AS text[])), :now ON CONFLICT DO NOTHING
)
INSERT INTO carrier_breaker (carrier, state, since) SELECT unnest(CAST(:carriers AS text[])), 'closed', :now
ON CONFLICT DO NOTHING;

-- name: carrier_slots
-- How each carrier account stands now.
SELECT carrier, next_at, passes, pace, pace_at FROM carrier_slot;

-- name: hold_carrier_slot
-- The slot row of one carrier account, to be changed.
SELECT carrier, next_at, passes, pace, pace_at FROM carrier_slot WHERE carrier = :carrier FOR NO KEY UPDATE;

-- name: slow_down
-- Let no slot be taken before a moment, and fewer from then on. What a crash takes back of it is said again.
UPDATE carrier_slot SET next_at = greatest(next_at, :until), pace = :pace, pace_at = :pace_at WHERE carrier = :carrier;

-- name: let_pass
-- How many calls the breaker lets through from now on; null: any number.
UPDATE carrier_slot SET passes = :passes WHERE carrier = :carrier;

-- name: breakers
-- The breakers of all carrier accounts.
SELECT carrier, state, since, opened_at, try_at, pauses, in_a_row, recent, words FROM carrier_breaker ORDER BY carrier;

-- name: hold_breaker
-- One breaker, to be changed.
SELECT carrier, state, since, opened_at, try_at, pauses, in_a_row, recent, words
  FROM carrier_breaker WHERE carrier = :carrier FOR NO KEY UPDATE;

-- name: save_breaker
-- A breaker as it now is.
UPDATE carrier_breaker SET state = :state, since = :since, opened_at = :opened_at,
       try_at = :try_at, pauses = :pauses, in_a_row = :in_a_row, recent = :recent, words = :words
 WHERE carrier = :carrier;

-- name: numbers_elsewhere
-- How many numbers each account says to be of carrier accounts that are not among these.
SELECT a.name AS account, n.carrier, count(*) AS numbers FROM phone_number n JOIN account a ON a.id = n.account_id
 WHERE NOT n.removed AND n.carrier <> ALL (CAST(:carriers AS text[]))
 GROUP BY a.name, n.carrier ORDER BY a.name, n.carrier;

-- name: tell_accounts
-- Something that concerns every account of the installation.
INSERT INTO event (account_id, kind, at, data) SELECT id, :kind, :at, :data FROM account;

