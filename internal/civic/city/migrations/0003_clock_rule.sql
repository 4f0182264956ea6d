CREATE TABLE city_clock_rule (
    city_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    step TEXT NOT NULL,
    term BIGINT NOT NULL,
    unit TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    basis TEXT NOT NULL,
    law BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, code)
);
