-- The public record. What is announced waits in record_queue, in the
-- transaction of the deed; one sequencer at a time, who holds the row of
-- record_log, moves it into record_entry and never touches it again.
CREATE TABLE record_log (
    city_id BIGINT NOT NULL,
    origin TEXT NOT NULL,
    size BIGINT NOT NULL,
    checkpoint TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    PRIMARY KEY (city_id)
);
CREATE TABLE record_key (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    verifier TEXT NOT NULL,
    signer TEXT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE TABLE record_queue (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX record_queue_order ON record_queue (city_id, at, id);
CREATE INDEX record_queue_subject ON record_queue (city_id, subject, at, id);
-- body is what the leaf is the hash of, byte for byte. id is that of the
-- queue: by it no entry is taken twice.
CREATE TABLE record_entry (
    city_id BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (city_id, idx)
);
CREATE UNIQUE INDEX record_entry_id ON record_entry (city_id, id);
CREATE INDEX record_entry_subject ON record_entry (city_id, subject, idx);
-- Hashes of the tree, 256 of 32 bytes to a full tile; the last tile of each
-- level grows until it is full.
-- +sqlite
CREATE TABLE record_tile (
    city_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    n BIGINT NOT NULL,
    width BIGINT NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (city_id, level, n)
);
-- +end
-- +postgres
CREATE TABLE record_tile (
    city_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    n BIGINT NOT NULL,
    width BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (city_id, level, n)
);
-- +end
