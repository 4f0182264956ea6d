-- The price index of the city: who makes it and its base year, in which it is
-- 100. Names are JSON by language.
CREATE TABLE budget_index (
    city_id BIGINT NOT NULL,
    names TEXT NOT NULL,
    base BIGINT NOT NULL,
    source TEXT NOT NULL,
    link TEXT NOT NULL,
    read_on TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (city_id)
);
-- What the prices of a year are by the index, in ten-thousandths of its points.
CREATE TABLE budget_index_year (
    city_id BIGINT NOT NULL,
    year BIGINT NOT NULL,
    points BIGINT NOT NULL,
    PRIMARY KEY (city_id, year)
);
-- A break in series: figures from this year on are about something else than
-- those before. Texts are JSON by language.
CREATE TABLE budget_break (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    year BIGINT NOT NULL,
    texts TEXT NOT NULL,
    source TEXT NOT NULL,
    link TEXT NOT NULL,
    PRIMARY KEY (city_id, id)
);
