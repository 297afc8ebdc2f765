-- Whether a lead's mail domain takes mail: asked in the background, after the lead was taken.

ALTER TABLE lead ADD COLUMN email_takes_mail boolean;
COMMENT ON COLUMN lead.email_takes_mail IS 'null: not asked yet, or nobody could say';
