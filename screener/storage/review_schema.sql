-- What people decided of callers, version 1. Numbers stand here only as keyed pseudonyms and sealed.

CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);

-- Grows with every change, so that a reader can ask for what is new; `book` names this file, so
-- that a reader sees when another one was put in its place.
CREATE TABLE state (change INTEGER NOT NULL, book TEXT NOT NULL);
INSERT INTO state VALUES (0, lower(hex(randomblob(8))));

-- One row for what somebody did at once: an allow, a deny, a pause, an import of many entries.
-- Undone ones stay, marked.
CREATE TABLE actions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    list_name TEXT NOT NULL,
    until REAL,
    reason TEXT NOT NULL,
    call_id TEXT NOT NULL,
    undone_at REAL,
    undone_by TEXT
);

-- One row an entry. undone_in is the action that took it back on the way (an import that replaced
-- a list), so that undoing that action brings it back.
CREATE TABLE reviews (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    action INTEGER NOT NULL REFERENCES actions,
    speaks TEXT NOT NULL,
    exact INTEGER NOT NULL,
    entry_key BLOB NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    shown TEXT NOT NULL,
    change INTEGER NOT NULL,
    undone_at REAL,
    undone_by TEXT,
    undone_in INTEGER
);
CREATE INDEX reviews_by_change ON reviews (change);
CREATE INDEX reviews_by_action ON reviews (action);
-- Four bytes, as in the decision log: pages of an index can keep copies of erased keys.
CREATE INDEX reviews_by_entry ON reviews (substr(entry_key, 1, 4));
CREATE INDEX reviews_of_many ON reviews (place) WHERE exact = 0;
CREATE INDEX reviews_undone_in ON reviews (undone_in) WHERE undone_in IS NOT NULL;

-- Reviews that were erased with their number, so that a running agent lets go of them too.
CREATE TABLE forgotten (place INTEGER PRIMARY KEY, change INTEGER NOT NULL);

-- Who did what. Each digest covers the row and the digest before.
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
