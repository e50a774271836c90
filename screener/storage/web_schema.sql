-- Who may use the web admin, version 1. Of every secret only a hash stands here.

CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
INSERT INTO schema_version VALUES (0);

-- `password` is an Argon2 hash in its own writing, NULL until the person chose one. `code` is the
-- SHA-256 of what a link to choose one carries. `failed` counts tries since the last sign-in.
CREATE TABLE users (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'reviewer', 'admin')),
    password TEXT,
    created REAL NOT NULL,
    disabled REAL,
    code BLOB,
    code_until REAL,
    failed INTEGER NOT NULL DEFAULT 0,
    signed_in REAL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_code ON users (code) WHERE code IS NOT NULL;

-- From where somebody signed in before: such an address is not held up by tries from elsewhere.
CREATE TABLE proven (
    name TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    address TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (name, address)
) STRICT, WITHOUT ROWID;

-- `id` is the SHA-256 of what the cookie carries; `seen` is kept to the minute.
CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    created REAL NOT NULL,
    seen REAL NOT NULL,
    address TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_name ON sessions (name, created);

-- For programs. `secret` is the SHA-256 of the token; `owner` is who made it.
CREATE TABLE tokens (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    secret BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'reviewer', 'admin')),
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    expires REAL NOT NULL,
    used REAL
) STRICT;
