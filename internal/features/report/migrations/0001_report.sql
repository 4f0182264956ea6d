CREATE TABLE report_category (
    city_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    position BIGINT NOT NULL,
    group_code TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (city_id, code)
);
CREATE TABLE report_group (
    city_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    position BIGINT NOT NULL,
    names TEXT NOT NULL,
    PRIMARY KEY (city_id, code)
);
CREATE TABLE report_route (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    category TEXT NOT NULL,
    area TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE TABLE report_reason (
    city_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    position BIGINT NOT NULL,
    names TEXT NOT NULL,
    PRIMARY KEY (city_id, code)
);
CREATE TABLE report_template (
    city_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    position BIGINT NOT NULL,
    names TEXT NOT NULL,
    texts TEXT NOT NULL,
    PRIMARY KEY (city_id, code)
);
CREATE TABLE report_detail (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    answers TEXT NOT NULL,
    application_id BIGINT NOT NULL,
    contact_name TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    device_id TEXT NOT NULL,
    address_id TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE TABLE report_application (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, id),
    UNIQUE (city_id, key_hash)
);
CREATE TABLE report_ban (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    until BIGINT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (city_id, person_id)
);
CREATE TABLE report_remote (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    remote_id TEXT NOT NULL,
    token TEXT NOT NULL,
    remote_state TEXT NOT NULL,
    remote_updated BIGINT NOT NULL,
    next_poll BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id, body_id)
);
CREATE INDEX report_remote_poll ON report_remote (city_id, next_poll) WHERE next_poll > 0;
