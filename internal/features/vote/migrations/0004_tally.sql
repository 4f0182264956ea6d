-- A tally is the count of one pot. The ballots are a public file; winners and
-- the outcomes with their whole history are JSON as it was counted.
CREATE TABLE vote_tally (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    pot TEXT NOT NULL,
    voters BIGINT NOT NULL,
    file TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    hash TEXT NOT NULL,
    outcome TEXT NOT NULL,
    shadow TEXT NOT NULL,
    gains TEXT NOT NULL,
    PRIMARY KEY (city_id, campaign_id, pot)
);
-- How many ballots were found in the box and how many voters stand on the roll.
CREATE TABLE vote_count (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    ballots BIGINT NOT NULL,
    voters BIGINT NOT NULL,
    PRIMARY KEY (city_id, campaign_id)
);
