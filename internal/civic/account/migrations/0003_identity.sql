-- Who has confirmed a person: an OpenID provider, under a name of its own.
CREATE TABLE account_identity (
    city_id BIGINT NOT NULL,
    issuer TEXT NOT NULL,
    subject_hash TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    linked_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, issuer, subject_hash)
);
CREATE UNIQUE INDEX account_identity_person ON account_identity (city_id, person_id, issuer);
