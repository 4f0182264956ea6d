-- What the commission sees of the casting: votes an hour by range of addresses
-- and by clerk. What is a keyed hash, or the number of the clerk; it names no
-- voter and leads to no line of the roll.
CREATE TABLE vote_pulse (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    votes BIGINT NOT NULL,
    PRIMARY KEY (city_id, campaign_id, hour, kind, what)
);
-- A batch is a pile of paper ballots that is typed twice. Its sheets are here
-- only until it is accepted; then they are sealed into the box like all others.
CREATE TABLE vote_batch (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    sheets BIGINT NOT NULL,
    made_by BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    valid BIGINT NOT NULL,
    spoilt BIGINT NOT NULL,
    PRIMARY KEY (city_id, campaign_id, id)
);
-- Rounds 1 and 2 are the typings of two people, round 3 is what a third one
-- decided where they differ.
CREATE TABLE vote_sheet (
    city_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    round BIGINT NOT NULL,
    typist BIGINT NOT NULL,
    picks TEXT NOT NULL,
    spoilt BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, batch_id, n, round)
);
-- Photos of the sheets of a batch, in no order that leads to a sheet.
CREATE TABLE vote_scan (
    city_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    blob_key TEXT NOT NULL,
    PRIMARY KEY (city_id, batch_id, id)
);
