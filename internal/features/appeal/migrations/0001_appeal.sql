CREATE TABLE appeal_detail (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    form TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    contact TEXT NOT NULL,
    signers TEXT NOT NULL,
    answer_lang TEXT NOT NULL,
    earlier_id BIGINT NOT NULL,
    about_id BIGINT NOT NULL,
    rule_code TEXT NOT NULL,
    registered TEXT NOT NULL,
    extended TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX appeal_about ON appeal_detail (city_id, about_id, case_id) WHERE about_id <> 0;
CREATE TABLE appeal_answer (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    stage TEXT NOT NULL,
    body_text TEXT NOT NULL,
    lang TEXT NOT NULL,
    drafted_by BIGINT NOT NULL,
    returned TEXT NOT NULL,
    signed_by BIGINT NOT NULL,
    signer TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    signed_at BIGINT NOT NULL,
    file_key TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE UNIQUE INDEX appeal_answer_code ON appeal_answer (city_id, code) WHERE code <> '';
