-- Version 2: what several edges tell one another of their reviews.

-- uid is the same at every edge; those of before are named by what no two of them share, so that
-- copies of one file agree. edge is where it was done, empty for here. stamp is when, never before
-- what was known then: of several reviews of one entry the latest stamp speaks, then the greatest
-- uid. told is 0 where the other edges were not told yet.
ALTER TABLE actions ADD COLUMN uid TEXT;
ALTER TABLE actions ADD COLUMN edge TEXT NOT NULL DEFAULT '';
ALTER TABLE actions ADD COLUMN stamp REAL NOT NULL DEFAULT 0;
ALTER TABLE actions ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0;
ALTER TABLE actions ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
UPDATE actions SET uid = (SELECT book FROM state) || printf('-%d-%d', number, at * 1000000);
UPDATE actions SET stamp = latest.at + actions.number * 0.000001
FROM (SELECT number, max(at) OVER (ORDER BY number) AS at FROM actions) AS latest
WHERE latest.number = actions.number;
UPDATE actions SET replaces = 1
WHERE number IN (SELECT undone_in FROM reviews WHERE undone_in IS NOT NULL);
CREATE UNIQUE INDEX actions_by_uid ON actions (uid);
CREATE INDEX actions_by_stamp ON actions (stamp);
CREATE INDEX actions_untold ON actions (number) WHERE told = 0;

-- Numbers whose reviews were erased, as digests of their pseudonyms that lead to neither: what
-- another edge tells of them, done before the stamp, is not taken in.
CREATE TABLE erased (
    mark BLOB PRIMARY KEY,
    stamp REAL NOT NULL,
    told INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
