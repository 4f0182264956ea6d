CREATE TABLE permission_rule (
    city_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    public BOOLEAN NOT NULL,
    level BIGINT NOT NULL,
    roles TEXT NOT NULL,
    PRIMARY KEY (city_id, action)
);
CREATE TABLE audit_entry (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX audit_entry_subject ON audit_entry (city_id, subject_kind, subject_id, id);
