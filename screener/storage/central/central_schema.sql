-- The central log, version 1. Numbers stand here only as keyed pseudonyms and sealed, as on an edge.

-- One row a call of an edge; its columns are those of the edge's own log. `seq` grows in the order
-- of arrival here and names a row; pages are cut by `at`, since an edge may have been away.
CREATE TABLE calls (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    edge TEXT NOT NULL,
    id TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    caller_class TEXT,
    caller TEXT,
    number_key BYTEA,
    prefix_key BYTEA,
    key_id TEXT,
    sealed BYTEA,
    counter_key BYTEA,
    did TEXT,
    trunk TEXT,
    source TEXT,
    attestation TEXT,
    origid TEXT,
    verdict TEXT NOT NULL,
    would TEXT NOT NULL,
    treatment TEXT,
    sip_code BIGINT,
    priority BIGINT,
    reasons TEXT NOT NULL,
    score DOUBLE PRECISION,
    would_score DOUBLE PRECISION,
    signals TEXT,
    pressure TEXT,
    pressure_value DOUBLE PRECISION,
    pressure_queue DOUBLE PRECISION,
    pressure_channels DOUBLE PRECISION,
    pressure_arrivals DOUBLE PRECISION,
    challenge_from DOUBLE PRECISION,
    drop_from DOUBLE PRECISION,
    mode TEXT,
    config TEXT,
    list TEXT,
    queue_waiting BIGINT,
    operators_logged_in BIGINT,
    operators_ready BIGINT,
    channels_in_use BIGINT,
    latency_ms DOUBLE PRECISION,
    uniqueid TEXT,
    linkedid TEXT,
    sip_call_id TEXT,
    error TEXT,
    imported_at DOUBLE PRECISION,
    -- A call that failed before it had an id has an empty one, so its time belongs to its name.
    UNIQUE (id, edge, at)
);
CREATE INDEX calls_by_time ON calls (at, seq);
CREATE INDEX calls_by_number ON calls (number_key) WHERE number_key IS NOT NULL;
CREATE INDEX calls_by_prefix ON calls (prefix_key) WHERE prefix_key IS NOT NULL;
CREATE INDEX calls_by_counter ON calls (counter_key) WHERE counter_key IS NOT NULL;

CREATE TABLE outcomes (
    call_seq BIGINT NOT NULL,
    place INTEGER NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    event TEXT NOT NULL,
    talk_s DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (call_seq, place)
);
CREATE INDEX outcomes_marked ON outcomes (call_seq) WHERE event = 'not_spam';

-- How far each edge's log is here. Changed in the transaction that brings the rows, so that no
-- crash of either side can part the two. Times are seconds since 1970, spans seconds.
CREATE TABLE edges (
    edge TEXT PRIMARY KEY,
    cursor TEXT NOT NULL,
    key_id TEXT NOT NULL,
    keep_admitted DOUBLE PRECISION NOT NULL,
    keep_refused DOUBLE PRECISION NOT NULL,
    shipped_at DOUBLE PRECISION NOT NULL
);

-- Whom somebody had erased, as pseudonyms: an edge that still holds calls of theirs from before
-- brings them no more. `kind` is number, counter (a withheld one) or near (a prefix of it).
CREATE TABLE erased (
    kind TEXT NOT NULL,
    key BYTEA NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (kind, key)
);
