-- Where a person lives, as they say it themselves.
CREATE TABLE account_home (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    district TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, person_id)
);
