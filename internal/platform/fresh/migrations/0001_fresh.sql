CREATE TABLE fresh_version (
    city_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (city_id)
);
