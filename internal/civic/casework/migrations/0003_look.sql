-- Who of the staff opened a private case: shown to its author. One row an hour
-- for each person, so that reading on is no new look.
CREATE TABLE case_look (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id, hour, person_id)
);
