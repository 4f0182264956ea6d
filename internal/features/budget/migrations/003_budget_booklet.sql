-- The Citizens Budget of a year: chapters that somebody writes, with figures
-- bound to a version; when it is published, its words and its PDF are kept as
-- they were (by language).
CREATE TABLE budget_booklet (
    city_id BIGINT NOT NULL,
    year BIGINT NOT NULL,
    version_id BIGINT NOT NULL,
    chapters TEXT NOT NULL,
    frozen TEXT NOT NULL,
    files TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, year)
);
