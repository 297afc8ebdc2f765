-- Files of leads that were imported: how far each is, and which of its rows were not taken, with the reason.

-- One row for each file and source, for good: the same file is never taken twice by the same source.
CREATE TABLE lead_import (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    source_id    uuid NOT NULL,
    file_name    text NOT NULL,
    file_sha256  bytea NOT NULL,
    mapping      jsonb NOT NULL,
    per_minute   double precision NOT NULL,
    start_at     timestamptz NOT NULL,
    total        integer NOT NULL,
    done         integer NOT NULL DEFAULT 0,
    accepted     integer NOT NULL DEFAULT 0,
    refused      integer NOT NULL DEFAULT 0,
    unreadable   integer NOT NULL DEFAULT 0,
    known        integer NOT NULL DEFAULT 0,
    state        text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done')),
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    next_at      timestamptz NOT NULL,
    UNIQUE (account_id, id),
    UNIQUE (source_id, file_sha256),
    FOREIGN KEY (account_id, source_id) REFERENCES source (account_id, id)
);
COMMENT ON COLUMN lead_import.mapping IS 'the mapping that the import was begun with, and goes on with';
COMMENT ON COLUMN lead_import.start_at IS 'the first of the moments for calls, which lie 60 / per_minute seconds apart';
COMMENT ON COLUMN lead_import.done IS 'rows of the file, from its first, that were dealt with';
COMMENT ON COLUMN lead_import.known IS 'rows whose external id the source had accepted before, by another way';
COMMENT ON COLUMN lead_import.next_at IS 'the next of the moments for calls that is free';

CREATE TABLE lead_import_refusal (
    account_id  uuid NOT NULL,
    import_id   uuid NOT NULL,
    line        integer NOT NULL,
    unreadable  boolean NOT NULL,
    code        text NOT NULL,
    words       text NOT NULL,
    PRIMARY KEY (import_id, line),
    FOREIGN KEY (account_id, import_id) REFERENCES lead_import (account_id, id)
);
COMMENT ON COLUMN lead_import_refusal.line IS 'the line of the file on which the row begins; the first line is 1';
