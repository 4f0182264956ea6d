-- The eight key documents of a budget year: when each is due and when it came.
CREATE TABLE budget_document (
    city_id BIGINT NOT NULL,
    year BIGINT NOT NULL,
    kind TEXT NOT NULL,
    due TEXT NOT NULL,
    published TEXT NOT NULL,
    link TEXT NOT NULL,
    PRIMARY KEY (city_id, year, kind)
);
-- A budget that a resident balanced, without who it was: by how many tyiyn each
-- step would change.
CREATE TABLE budget_play (
    city_id BIGINT NOT NULL,
    version_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    code TEXT NOT NULL,
    moved BIGINT NOT NULL,
    PRIMARY KEY (city_id, version_id, id, code)
);
