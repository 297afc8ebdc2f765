-- A person says that an alert was seen: it goes on, and is not shouted any more.

ALTER TABLE source_alert
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN acknowledged_by text;
COMMENT ON COLUMN source_alert.acknowledged_by IS 'the email of who was signed in, or api';
