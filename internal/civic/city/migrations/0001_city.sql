CREATE TABLE city (
    city_id BIGINT NOT NULL,
    slug TEXT NOT NULL,
    jurisdiction TEXT NOT NULL,
    name_ky TEXT NOT NULL,
    name_ru TEXT NOT NULL,
    name_en TEXT NOT NULL,
    country TEXT NOT NULL,
    zone TEXT NOT NULL,
    languages TEXT NOT NULL,
    currency TEXT NOT NULL,
    phone TEXT NOT NULL,
    phone_prefix TEXT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    zoom DOUBLE PRECISION NOT NULL,
    west DOUBLE PRECISION NOT NULL,
    south DOUBLE PRECISION NOT NULL,
    east DOUBLE PRECISION NOT NULL,
    north DOUBLE PRECISION NOT NULL,
    demo BOOLEAN NOT NULL,
    secret TEXT NOT NULL,
    PRIMARY KEY (city_id)
);
CREATE TABLE city_host (
    host TEXT NOT NULL,
    city_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, host)
);
CREATE TABLE city_setting (
    city_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by BIGINT NOT NULL,
    PRIMARY KEY (city_id, name)
);
CREATE TABLE city_holiday (
    city_id BIGINT NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    name_ky TEXT NOT NULL,
    name_ru TEXT NOT NULL,
    name_en TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (city_id, day)
);
CREATE TABLE city_counter (
    city_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (city_id, name)
);
