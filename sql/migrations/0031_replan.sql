-- Leads under way that change to a new cadence are planned anew, a few at a time.

ALTER TABLE campaign ADD COLUMN replan_version integer;
COMMENT ON COLUMN campaign.replan_version IS 'attempts that an older version planned are to be planned anew; null: none are left';
