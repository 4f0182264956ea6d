-- A step of a classification from a day on, and until another day ('' while it
-- holds). Codes are text: leading zeros live. Names are JSON by language.
CREATE TABLE budget_class (
    city_id BIGINT NOT NULL,
    scheme TEXT NOT NULL,
    code TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    parent TEXT NOT NULL,
    names TEXT NOT NULL,
    PRIMARY KEY (city_id, scheme, code, valid_from)
);
-- A dated document of a budget. Its digest is of the file and of how it was
-- read, so that the same is not stored twice.
CREATE TABLE budget_version (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    year BIGINT NOT NULL,
    phase TEXT NOT NULL,
    day TEXT NOT NULL,
    title TEXT NOT NULL,
    source TEXT NOT NULL,
    file_key TEXT NOT NULL,
    file_name TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    lines BIGINT NOT NULL,
    residents BIGINT NOT NULL,
    inferred BOOLEAN NOT NULL,
    created_by BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE UNIQUE INDEX budget_version_digest ON budget_version (city_id, digest);
CREATE INDEX budget_version_year ON budget_version (city_id, state, year, day, id);
-- A line of a version. Amounts are in tyiyn. The key is the same for the same
-- line of other versions; standing says whether it adds to the sums (part), is
-- a sum itself (total), or is contained in others (within).
CREATE TABLE budget_line (
    city_id BIGINT NOT NULL,
    version_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    line_key BIGINT NOT NULL,
    file_row BIGINT NOT NULL,
    year BIGINT NOT NULL,
    direction TEXT NOT NULL,
    amount BIGINT NOT NULL,
    standing TEXT NOT NULL,
    functional TEXT NOT NULL,
    administrative TEXT NOT NULL,
    economic TEXT NOT NULL,
    fund TEXT NOT NULL,
    program TEXT NOT NULL,
    project TEXT NOT NULL,
    label_ky TEXT NOT NULL,
    label_ru TEXT NOT NULL,
    label_en TEXT NOT NULL,
    note TEXT NOT NULL,
    inferred BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, version_id, id)
);
CREATE INDEX budget_line_size ON budget_line (city_id, version_id, year, direction, amount, id);
CREATE INDEX budget_line_key ON budget_line (city_id, line_key, version_id, id);
-- What the lines of a version add up to, for each step of each classification;
-- code '' is the whole. own is what lies at the step itself and in none below.
-- stated is what a line that calls itself a total says, which is never added.
CREATE TABLE budget_sum (
    city_id BIGINT NOT NULL,
    version_id BIGINT NOT NULL,
    year BIGINT NOT NULL,
    direction TEXT NOT NULL,
    scheme TEXT NOT NULL,
    parent TEXT NOT NULL,
    code TEXT NOT NULL,
    amount BIGINT NOT NULL,
    own BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    stated BIGINT,
    PRIMARY KEY (city_id, version_id, year, direction, scheme, code)
);
CREATE INDEX budget_sum_parent ON budget_sum (city_id, version_id, year, direction, scheme, parent, amount, code);
-- An import on its way: files that wait, the answers given, what a check found.
-- Nothing of it stands in a version before somebody has confirmed it.
CREATE TABLE budget_import (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    files TEXT NOT NULL,
    answers TEXT NOT NULL,
    report TEXT NOT NULL,
    done BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    version_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
-- How the files of a source are read, as somebody answered it last.
CREATE TABLE budget_source (
    city_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    answers TEXT NOT NULL,
    PRIMARY KEY (city_id, name)
);
-- The line that a question is about.
CREATE TABLE budget_question (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    version_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    line_key BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX budget_question_line ON budget_question (city_id, line_key, case_id);
