-- The roll says who has voted, the box holds sealed ballots. They share no key
-- and no order: both ids are random, the roll knows only the hour, and a ballot
-- is sealed to a key that is not kept here, so that what the engines keep beside
-- the rows (the transaction that wrote them, their place on the disk) opens nothing.
CREATE TABLE vote_roll (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    district TEXT NOT NULL,
    class TEXT NOT NULL,
    channel TEXT NOT NULL,
    hour BIGINT NOT NULL,
    mark TEXT NOT NULL,
    PRIMARY KEY (city_id, campaign_id, id)
-- +sqlite
) WITHOUT ROWID;
-- +end
-- +postgres
);
-- +end
-- What a voter is known by, as keyed hashes: each can vote once.
CREATE TABLE vote_roll_key (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    roll_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, campaign_id, key)
-- +sqlite
) WITHOUT ROWID;
-- +end
-- +postgres
);
-- +end
CREATE TABLE vote_box (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
-- +sqlite
    envelope BLOB NOT NULL,
-- +end
-- +postgres
    envelope BYTEA NOT NULL,
-- +end
    PRIMARY KEY (city_id, campaign_id, id)
-- +sqlite
) WITHOUT ROWID;
-- +end
-- +postgres
);
-- +end
