CREATE TABLE outage_notice (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    service TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    begins_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    streets TEXT NOT NULL,
    districts TEXT NOT NULL,
    words TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX outage_notice_open ON outage_notice (city_id, id) WHERE ended_at = 0;
CREATE INDEX outage_notice_ended ON outage_notice (city_id, ended_at) WHERE ended_at > 0;
