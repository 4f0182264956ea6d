-- A pledge is what a resident promises to a subject: an idea, an application
-- for a grant. Money is only recorded here, it is never moved.
CREATE TABLE pledge (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    what TEXT NOT NULL,
    tyiyn BIGINT NOT NULL,
    hours BIGINT NOT NULL,
    words TEXT NOT NULL,
    name TEXT NOT NULL,
    named BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX pledge_subject ON pledge (city_id, subject_kind, subject_id, id);
CREATE INDEX pledge_person ON pledge (city_id, person_id, id) WHERE person_id <> 0;
CREATE INDEX pledge_body ON pledge (city_id, body_id, state, id);
CREATE INDEX pledge_state ON pledge (city_id, state, id);
-- One standing promise of each sort by one person: two forms sent at once are one.
CREATE UNIQUE INDEX pledge_standing ON pledge (city_id, subject_kind, subject_id, person_id, what) WHERE state = 'promised' AND person_id <> 0;
