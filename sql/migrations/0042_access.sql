-- Who is signed in, since when and from where; how often somebody tried to; and what people changed.

ALTER TABLE session
    ADD id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD used_at timestamptz,
    ADD address text,
    ADD user_agent text;
UPDATE session SET used_at = created_at;
ALTER TABLE session ALTER used_at SET NOT NULL;
CREATE INDEX session_of_account ON session (account_id, user_id);
CREATE INDEX session_by_id ON session (id);
COMMENT ON COLUMN session.id IS 'what names it on a page; the token''s hash stays in here';
COMMENT ON COLUMN session.used_at IS 'when a person last did something with it, to the minute';

-- Sign-ins that failed, by a digest of who tried: no email and no address of a stranger is kept.
CREATE TABLE sign_in_failure (
    key    bytea PRIMARY KEY,
    tries  integer NOT NULL,
    since  timestamptz NOT NULL
);
CREATE INDEX sign_in_failure_age ON sign_in_failure (since);

-- What people changed on pages and with a session. The row is there before the change is made, and says afterwards
-- how it was answered: one without an answer was cut short.
CREATE TABLE audit (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES account,
    at          timestamptz NOT NULL,
    who         text NOT NULL,
    role        text NOT NULL,
    route       text NOT NULL,
    about       jsonb NOT NULL,
    address     text,
    status      integer,
    said        jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_time ON audit (account_id, at DESC, id DESC);
