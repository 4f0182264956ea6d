-- What pages show of a scope's statistics, worked out when it changes. dirty
-- grows with each change; day is the day that the text was worked out for.
CREATE TABLE case_summary (
    city_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    dirty BIGINT NOT NULL,
    day BIGINT NOT NULL,
    summary TEXT NOT NULL,
    PRIMARY KEY (city_id, kind, scope)
);
INSERT INTO case_summary (city_id, kind, scope, dirty, day, summary) SELECT DISTINCT city_id, kind, scope, 1, 0, '' FROM case_stat;
CREATE INDEX case_desk_category ON case_file (city_id, category, due_at, id) WHERE is_open = TRUE;
CREATE INDEX case_desk_district ON case_file (city_id, district, due_at, id) WHERE is_open = TRUE;
