-- What a lead costs to take: sightings are counted by the account's own.

CREATE INDEX sighting_of_account ON sighting (mark, account_id, at);
DROP INDEX sighting_of_mark;
