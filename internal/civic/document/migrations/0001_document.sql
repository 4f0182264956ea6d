CREATE TABLE document_file (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    blob_key TEXT NOT NULL,
    by_staff BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, case_id, id)
);
