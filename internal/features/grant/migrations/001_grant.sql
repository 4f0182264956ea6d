-- A call of the commission of a district, with its pot. Money is in tyiyn.
CREATE TABLE grant_call (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    district TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    titles TEXT NOT NULL,
    texts TEXT NOT NULL,
    papers TEXT NOT NULL,
    pot BIGINT NOT NULL,
    cap BIGINT NOT NULL,
    share BIGINT NOT NULL,
    quorum BIGINT NOT NULL,
    who TEXT NOT NULL,
    opens_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX grant_call_body ON grant_call (city_id, body_id, id);
-- The members of the commission of a call; left are those who no longer are.
CREATE TABLE grant_member (
    city_id BIGINT NOT NULL,
    call_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    gone BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, call_id, id)
);
CREATE UNIQUE INDEX grant_member_person ON grant_member (city_id, call_id, person_id) WHERE person_id <> 0 AND NOT gone;
-- What somebody typed and has not sent yet, as the form has it.
CREATE TABLE grant_draft (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    call_id BIGINT NOT NULL,
    form TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, person_id, call_id)
);
-- What an application holds beside the case. n is the newest version, shown the
-- one that everybody reads, 0 for none yet.
CREATE TABLE grant_application (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    call_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    applicant TEXT NOT NULL,
    name TEXT NOT NULL,
    contact TEXT NOT NULL,
    phone TEXT NOT NULL,
    n BIGINT NOT NULL,
    shown BIGINT NOT NULL,
    approved BIGINT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX grant_application_call ON grant_application (city_id, call_id, case_id);
CREATE INDEX grant_application_person ON grant_application (city_id, person_id, case_id) WHERE person_id <> 0;
CREATE TABLE grant_version (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    content TEXT NOT NULL,
    asked BIGINT NOT NULL,
    money BIGINT NOT NULL,
    work BIGINT NOT NULL,
    materials BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id, n)
);
CREATE TABLE grant_session (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    call_id BIGINT NOT NULL,
    begins_at BIGINT NOT NULL,
    place TEXT NOT NULL,
    quorum BIGINT NOT NULL,
    minutes TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX grant_session_call ON grant_session (city_id, call_id, begins_at);
-- One application on the agenda of a session, in the version that is decided on.
CREATE TABLE grant_item (
    city_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    call_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    n BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    amount BIGINT NOT NULL,
    reasons TEXT NOT NULL,
    running BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, session_id, case_id)
);
CREATE UNIQUE INDEX grant_item_running ON grant_item (city_id, case_id) WHERE running;
CREATE INDEX grant_item_case ON grant_item (city_id, case_id, session_id);
CREATE INDEX grant_item_call ON grant_item (city_id, call_id) WHERE outcome = 'approve';
CREATE TABLE grant_conflict (
    city_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, session_id, case_id, member_id)
);
CREATE TABLE grant_vote (
    city_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    vote TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, session_id, case_id, member_id)
);
CREATE TABLE grant_contract (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    number TEXT NOT NULL,
    day TEXT NOT NULL,
    ends TEXT NOT NULL,
    sum BIGINT NOT NULL,
    parties TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
-- A part of the money of a contract. Its report is an event of the case with
-- photos, its act a document of the case; 0 while they are not in.
CREATE TABLE grant_tranche (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    sum BIGINT NOT NULL,
    terms TEXT NOT NULL,
    released_at BIGINT NOT NULL,
    report_event BIGINT NOT NULL,
    act_file BIGINT NOT NULL,
    refusal TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    due BOOLEAN NOT NULL,
    returned_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id, n)
);
