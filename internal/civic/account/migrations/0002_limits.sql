DROP TABLE account_attempt;
CREATE TABLE account_limit (
    city_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (city_id, key)
);
CREATE INDEX account_limit_started ON account_limit (city_id, started_at);
CREATE INDEX account_session_until ON account_session (city_id, until);
CREATE INDEX account_challenge_address ON account_challenge (city_id, address);
ALTER TABLE account_passkey ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
CREATE TABLE account_document (
    city_id BIGINT NOT NULL,
    document_hash TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    seen_by BIGINT NOT NULL,
    PRIMARY KEY (city_id, document_hash)
);
CREATE INDEX account_document_person ON account_document (city_id, person_id);
