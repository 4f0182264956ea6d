-- Who may act for whom, until when, and by what. Hashes name nobody by
-- themselves: of the address that was invited, or of the code that was given.
CREATE TABLE mandate_grant (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    principal_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    hash TEXT NOT NULL,
    tries BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    decided_by BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX mandate_agent ON mandate_grant (city_id, agent_id, state) WHERE agent_id <> 0;
CREATE INDEX mandate_principal ON mandate_grant (city_id, principal_id) WHERE principal_id <> 0;
CREATE INDEX mandate_hash ON mandate_grant (city_id, hash) WHERE hash <> '';
CREATE INDEX mandate_state ON mandate_grant (city_id, state, until_at);
