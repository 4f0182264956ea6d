CREATE TABLE case_file (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    state TEXT NOT NULL,
    is_open BOOLEAN NOT NULL,
    listed BOOLEAN NOT NULL,
    visibility TEXT NOT NULL,
    reason TEXT NOT NULL,
    author_id BIGINT NOT NULL,
    author_name TEXT NOT NULL,
    channel TEXT NOT NULL,
    lang TEXT NOT NULL,
    category TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    assignee_id BIGINT NOT NULL,
    district TEXT NOT NULL,
    placed BOOLEAN NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    address TEXT NOT NULL,
    title TEXT NOT NULL,
    body_text TEXT NOT NULL,
    photo TEXT NOT NULL,
    parent_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    reopened BIGINT NOT NULL,
    rating BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    escalated BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (city_id, id),
    UNIQUE (city_id, number)
);
CREATE INDEX case_listed ON case_file (city_id, kind, id) WHERE listed;
CREATE INDEX case_listed_category ON case_file (city_id, kind, category, id) WHERE listed;
CREATE INDEX case_listed_state ON case_file (city_id, kind, state, id) WHERE listed;
CREATE INDEX case_listed_body ON case_file (city_id, kind, body_id, id) WHERE listed;
CREATE INDEX case_listed_district ON case_file (city_id, kind, district, id) WHERE listed;
CREATE INDEX case_listed_updated ON case_file (city_id, kind, updated_at, id) WHERE listed;
CREATE INDEX case_desk_due ON case_file (city_id, is_open, due_at, id);
CREATE INDEX case_desk_body ON case_file (city_id, body_id, is_open, due_at, id);
CREATE INDEX case_desk_assignee ON case_file (city_id, assignee_id, is_open, due_at, id) WHERE assignee_id <> 0;
CREATE INDEX case_desk_visibility ON case_file (city_id, visibility, id) WHERE visibility <> 'public';
CREATE INDEX case_author ON case_file (city_id, author_id, id) WHERE author_id <> 0;
CREATE INDEX case_parent ON case_file (city_id, parent_id, id) WHERE parent_id <> 0;
CREATE TABLE case_event (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    public BOOLEAN NOT NULL,
    person_id BIGINT NOT NULL,
    actor TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    lang TEXT NOT NULL,
    detail TEXT NOT NULL,
    held BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, case_id, id)
);
CREATE INDEX case_event_public ON case_event (city_id, id) WHERE public;
CREATE INDEX case_event_held ON case_event (city_id, id) WHERE held;
CREATE INDEX case_event_person ON case_event (city_id, person_id, id) WHERE person_id <> 0;
CREATE TABLE case_photo (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    stage TEXT NOT NULL,
    full_key TEXT NOT NULL,
    thumb_key TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    public BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, case_id, id)
);
CREATE TABLE case_flag (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    who TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    done BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, case_id, event_id, who)
);
CREATE INDEX case_flag_todo ON case_flag (city_id, at) WHERE NOT done;
CREATE TABLE case_seen (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    who TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id, who)
);
CREATE TABLE case_delta (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    district TEXT NOT NULL,
    period BIGINT NOT NULL,
    metric TEXT NOT NULL,
    bucket BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE TABLE case_stat (
    city_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    period BIGINT NOT NULL,
    metric TEXT NOT NULL,
    bucket BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (city_id, kind, scope, period, metric, bucket)
);
CREATE TABLE case_view (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    PRIMARY KEY (city_id, person_id, id)
);
CREATE TABLE case_handover (
    city_id BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    actor TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (city_id, body_id, id)
);
CREATE INDEX case_photo_full_key ON case_photo (full_key);
CREATE INDEX case_photo_thumb_key ON case_photo (thumb_key);
