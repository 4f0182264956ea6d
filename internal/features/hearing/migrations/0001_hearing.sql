-- A hearing has one or more sessions. A series of the past of which only sums
-- are known has none: the sums stand with the hearing.
CREATE TABLE hearing (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    titles TEXT NOT NULL,
    texts TEXT NOT NULL,
    materials TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    rule TEXT NOT NULL,
    notice_days BIGINT NOT NULL,
    late BOOLEAN NOT NULL,
    minutes TEXT NOT NULL,
    minutes_at BIGINT NOT NULL,
    held_on TEXT NOT NULL,
    held BIGINT NOT NULL,
    people BIGINT NOT NULL,
    women BIGINT NOT NULL,
    source TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
-- Who came without signing up is counted without a name. called_off says why a
-- session is not held; '' is one that is.
CREATE TABLE hearing_session (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    hearing_id BIGINT NOT NULL,
    district TEXT NOT NULL,
    place TEXT NOT NULL,
    online TEXT NOT NULL,
    begins_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    walk_women BIGINT NOT NULL,
    walk_men BIGINT NOT NULL,
    walk_unsaid BIGINT NOT NULL,
    called_off TEXT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX hearing_session_of ON hearing_session (city_id, hearing_id, begins_at, id);
CREATE INDEX hearing_session_day ON hearing_session (city_id, begins_at, id);
CREATE TABLE hearing_visit (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    code TEXT NOT NULL,
    sex TEXT NOT NULL,
    district TEXT NOT NULL,
    state TEXT NOT NULL,
    lang TEXT NOT NULL,
    reminded BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE UNIQUE INDEX hearing_visit_code ON hearing_visit (city_id, session_id, code);
CREATE UNIQUE INDEX hearing_visit_once ON hearing_visit (city_id, session_id, person_id) WHERE person_id <> 0 AND state <> 'cancelled';
CREATE INDEX hearing_visit_person ON hearing_visit (city_id, person_id, id) WHERE person_id <> 0;
-- What was asked or proposed is a case; a proposal is decided about, for a reason.
CREATE TABLE hearing_question (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    hearing_id BIGINT NOT NULL,
    proposal BOOLEAN NOT NULL,
    put BOOLEAN NOT NULL,
    decision TEXT NOT NULL,
    change TEXT NOT NULL,
    line TEXT NOT NULL,
    line_link TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX hearing_question_of ON hearing_question (city_id, hearing_id, case_id);
