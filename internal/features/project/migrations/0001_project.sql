-- What is said about a project is one document; the columns beside it are what
-- lists filter by. Money is in hundredths of the currency, instants are Unix
-- milliseconds, 0 is not known.
CREATE TABLE project (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    public_id TEXT NOT NULL,
    origin_kind TEXT NOT NULL,
    origin_ref TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    district TEXT NOT NULL,
    status TEXT NOT NULL,
    sector TEXT NOT NULL,
    year_from BIGINT NOT NULL,
    year_to BIGINT NOT NULL,
    currency TEXT NOT NULL,
    budget BIGINT NOT NULL,
    contracted BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    placed BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    due_at BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    progress BIGINT NOT NULL,
    title_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    doc TEXT NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE UNIQUE INDEX project_public ON project (city_id, public_id);
CREATE UNIQUE INDEX project_origin ON project (city_id, origin_kind, origin_ref) WHERE origin_kind <> '';
CREATE INDEX project_body ON project (city_id, body_id, id);
CREATE INDEX project_status ON project (city_id, status, id);
-- Every change with its author, act and reason; the id holds its instant.
CREATE TABLE project_change (
    city_id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    act TEXT NOT NULL,
    reason TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    actor TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    changes TEXT NOT NULL,
    PRIMARY KEY (city_id, project_id, id)
);
CREATE TABLE project_update (
    city_id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    percent BIGINT NOT NULL,
    texts TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    actor TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, project_id, id)
);
CREATE TABLE project_photo (
    city_id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    update_id BIGINT NOT NULL,
    stage TEXT NOT NULL,
    full_key TEXT NOT NULL,
    thumb_key TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    caption TEXT NOT NULL,
    PRIMARY KEY (city_id, project_id, id)
);
CREATE INDEX project_photo_full ON project_photo (city_id, full_key);
CREATE INDEX project_photo_thumb ON project_photo (city_id, thumb_key);
-- Questions about a project, and defects at it, are cases.
CREATE TABLE project_case (
    city_id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, project_id, case_id)
);
CREATE INDEX project_case_of ON project_case (city_id, case_id);
