-- What is published of a scope, worked out every few minutes. version is how
-- often its statistics had changed by then, day the day it was worked out for.
CREATE TABLE figures_ledger (
    city_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    version BIGINT NOT NULL,
    day BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    ledger TEXT NOT NULL,
    PRIMARY KEY (city_id, kind, scope)
);
-- The weekly bulletins, as they were published.
CREATE TABLE figures_bulletin (
    city_id BIGINT NOT NULL,
    week BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (city_id, week)
);
