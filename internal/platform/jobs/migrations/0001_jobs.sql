CREATE TABLE job (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    args TEXT NOT NULL,
    unique_key TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    owner TEXT NOT NULL,
    dead BOOLEAN NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX job_due ON job (run_at, id) WHERE NOT dead;
CREATE INDEX job_dead ON job (city_id, id) WHERE dead;
CREATE UNIQUE INDEX job_unique ON job (city_id, kind, unique_key) WHERE unique_key <> '';
CREATE TABLE job_lease (
    city_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    until BIGINT NOT NULL,
    next_run BIGINT NOT NULL,
    PRIMARY KEY (city_id, name)
);
