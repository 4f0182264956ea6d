CREATE TABLE once_key (
    city_id BIGINT NOT NULL,
-- +sqlite
    key BLOB NOT NULL,
-- +end
-- +postgres
    key BYTEA NOT NULL,
-- +end
    answer TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, key)
);
CREATE INDEX once_key_at ON once_key (city_id, at);
