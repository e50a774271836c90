-- The decision log, version 2: where a call is found by its id or its caller.
--
-- Ids and pseudonyms fall on random pages of an index, so three indexes of `calls` cost a call
-- more than its own row: 49 of 68 us, 12 of 13 kB of write-ahead log (measured). Instead of
-- them the newest calls are looked through, and the upkeep gives each few thousand at once their
-- place here, sorted: `log_hints`. It drops the indexes of version 1 where a log has them.

-- kind: 0 id, 1 number, 2 prefix; part: seq / 65536, which bounds the pages that a batch falls on.
-- A hint is the first four bytes of what is looked for: pages that split can keep copies of their
-- keys beyond a purge, and four bytes lead to nobody.
CREATE TABLE hints (
    part INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    hint NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (part, kind, hint, seq)
) WITHOUT ROWID;

-- Up to which seq calls have their hints; no call gets a seq below it any more, but imported
-- ones, which come with their hints.
CREATE TABLE hinted (up_to INTEGER NOT NULL);
INSERT INTO hinted SELECT ifnull(min(seq), 1) - 1 FROM calls;

CREATE TRIGGER hints_go_with_their_call AFTER DELETE ON calls
BEGIN
    DELETE FROM hints WHERE part = old.seq >> 16 AND kind = 0
        AND hint = substr(old.id, 1, 8) AND seq = old.seq;
    DELETE FROM hints WHERE part = old.seq >> 16 AND kind = 1
        AND hint = substr(old.number_key, 1, 4) AND seq = old.seq;
    DELETE FROM hints WHERE part = old.seq >> 16 AND kind = 2
        AND hint = substr(old.prefix_key, 1, 4) AND seq = old.seq;
END;
