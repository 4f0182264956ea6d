CREATE TABLE account_person (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    lang TEXT NOT NULL,
    level BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    erased_at BIGINT NOT NULL,
    totp TEXT NOT NULL,
    totp_pending TEXT NOT NULL,
    totp_used BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE TABLE account_contact (
    city_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    verified_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, address)
);
CREATE INDEX account_contact_person ON account_contact (city_id, person_id);
CREATE TABLE account_session (
    city_id BIGINT NOT NULL,
    token_hash TEXT NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    device TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    strong BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, token_hash)
);
CREATE INDEX account_session_person ON account_session (city_id, person_id, id);
CREATE TABLE account_grant (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, person_id, role, body_id)
);
CREATE INDEX account_grant_body ON account_grant (city_id, body_id, role);
CREATE TABLE account_challenge (
    city_id BIGINT NOT NULL,
    ticket_hash TEXT NOT NULL,
    purpose TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    back TEXT NOT NULL,
    tries BIGINT NOT NULL,
    until BIGINT NOT NULL,
    used BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, ticket_hash)
);
CREATE INDEX account_challenge_until ON account_challenge (city_id, until);
CREATE TABLE account_attempt (
    city_id BIGINT NOT NULL,
    address_hash TEXT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (city_id, address_hash, id)
);
CREATE TABLE account_passkey (
    city_id BIGINT NOT NULL,
    credential_hash TEXT NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, credential_hash)
);
CREATE INDEX account_passkey_person ON account_passkey (city_id, person_id);
CREATE TABLE account_ceremony (
    city_id BIGINT NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE TABLE account_recovery (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (city_id, person_id, code_hash)
);
CREATE TABLE account_consent (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, person_id, purpose, given_at)
);
