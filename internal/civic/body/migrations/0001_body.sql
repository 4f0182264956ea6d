CREATE TABLE body (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    name_ky TEXT NOT NULL,
    name_ru TEXT NOT NULL,
    name_en TEXT NOT NULL,
    short_ky TEXT NOT NULL,
    short_ru TEXT NOT NULL,
    short_en TEXT NOT NULL,
    parent_id BIGINT NOT NULL,
    successor_id BIGINT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    delivery TEXT NOT NULL,
    email TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    endpoint_key TEXT NOT NULL,
    endpoint_jurisdiction TEXT NOT NULL,
    contacts TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (city_id, id),
    UNIQUE (city_id, code)
);
CREATE TABLE body_alias (
    city_id BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    alias TEXT NOT NULL,
    PRIMARY KEY (city_id, body_id, alias)
);
