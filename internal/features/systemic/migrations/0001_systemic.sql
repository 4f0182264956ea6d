CREATE TABLE systemic_issue (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    titles TEXT NOT NULL,
    texts TEXT NOT NULL,
    rule_code TEXT NOT NULL,
    became TEXT NOT NULL,
    became_at TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE TABLE systemic_step (
    city_id BIGINT NOT NULL,
    issue_id BIGINT NOT NULL,
    place BIGINT NOT NULL,
    day TEXT NOT NULL,
    state TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (city_id, issue_id, place)
);
-- A case belongs to one issue at most.
CREATE TABLE systemic_link (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    issue_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX systemic_link_issue ON systemic_link (city_id, issue_id, case_id);
-- Where and when the cases of late were, to find those around a new one. Rows
-- go when they are too old, unless they are kept for an open issue.
CREATE TABLE systemic_trace (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    qk BIGINT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    at BIGINT NOT NULL,
    kept BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX systemic_trace_place ON systemic_trace (city_id, qk, case_id);
CREATE INDEX systemic_trace_at ON systemic_trace (city_id, at) WHERE NOT kept;
CREATE TABLE systemic_proposal (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    state TEXT NOT NULL,
    issue_id BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    cases BIGINT NOT NULL,
    dismissed BIGINT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX systemic_proposal_state ON systemic_proposal (city_id, state, cases, id);
CREATE INDEX systemic_proposal_issue ON systemic_proposal (city_id, issue_id) WHERE issue_id <> 0;
CREATE TABLE systemic_member (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    proposal_id BIGINT NOT NULL,
    alike BIGINT NOT NULL,
    metres BIGINT NOT NULL,
    refused BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX systemic_member_proposal ON systemic_member (city_id, proposal_id, case_id);
-- Up to which case a city was looked through, and cases that began to count
-- only after that, when their authors answered the code.
CREATE TABLE systemic_cursor (
    city_id BIGINT NOT NULL,
    after_id BIGINT NOT NULL,
    PRIMARY KEY (city_id)
);
CREATE TABLE systemic_late (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
