-- The decision log, version 1. Numbers stand here only as keyed pseudonyms and sealed.
-- Logs made before version 2 also have three indexes of `calls`: see log_schema_2.sql.

CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);

-- One row a call; seq grows in the order of writing and is what pages of the log are cut by.
-- Calls brought in from elsewhere (`imported_at`) stand below the agent's own: their seq is 0 or
-- less, so that they are found after those and never among them. counter_key stands for callers
-- that can be counted and not named: withheld numbers and junk.
CREATE TABLE calls (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    at REAL NOT NULL,
    caller_class TEXT,
    caller TEXT,
    number_key BLOB,
    prefix_key BLOB,
    key_id TEXT,
    sealed BLOB,
    counter_key BLOB,
    did TEXT,
    trunk TEXT,
    source TEXT,
    attestation TEXT,
    origid TEXT,
    verdict TEXT NOT NULL,
    would TEXT NOT NULL,
    treatment TEXT,
    sip_code INTEGER,
    priority INTEGER,
    reasons TEXT NOT NULL,
    score REAL,
    would_score REAL,
    signals TEXT,
    pressure TEXT,
    pressure_value REAL,
    pressure_queue REAL,
    pressure_channels REAL,
    pressure_arrivals REAL,
    challenge_from REAL,
    drop_from REAL,
    mode TEXT,
    config TEXT,
    list TEXT,
    queue_waiting INTEGER,
    operators_logged_in INTEGER,
    operators_ready INTEGER,
    channels_in_use INTEGER,
    latency_ms REAL,
    uniqueid TEXT,
    linkedid TEXT,
    sip_call_id TEXT,
    error TEXT,
    imported_at REAL
);

CREATE TABLE outcomes (
    call_seq INTEGER NOT NULL,
    at REAL NOT NULL,
    event TEXT NOT NULL,
    talk_s REAL NOT NULL
);
CREATE INDEX outcomes_by_call ON outcomes (call_seq);

-- Which blocks of calls (seq / 1024) hold a call with this feature: a verdict, a reason, an
-- hour, ... Written once a block, so nearly free; a search reads only the blocks that matter.
CREATE TABLE facets (
    facet TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (facet, block)
) WITHOUT ROWID;

-- Who looked, erased, exported or changed what. Each digest covers the row and the digest before.
CREATE TABLE audit (
    place INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    target TEXT NOT NULL,
    digest BLOB NOT NULL
);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_is_not_erased BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
