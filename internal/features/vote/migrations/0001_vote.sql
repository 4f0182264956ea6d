-- A campaign is one participatory budget. Plan and rules are JSON; once voting
-- was opened they, the pots and the projects change no more.
CREATE TABLE vote_campaign (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    slug TEXT NOT NULL,
    titles TEXT NOT NULL,
    texts TEXT NOT NULL,
    body_id BIGINT NOT NULL,
    plan TEXT NOT NULL,
    rules TEXT NOT NULL,
    listed_at BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    book TEXT NOT NULL,
    counted_at BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    key TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE UNIQUE INDEX vote_campaign_slug ON vote_campaign (city_id, slug);
CREATE TABLE vote_pot (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    position BIGINT NOT NULL,
    district TEXT NOT NULL,
    titles TEXT NOT NULL,
    amount BIGINT NOT NULL,
    cap BIGINT NOT NULL,
    min_votes BIGINT NOT NULL,
    min_picks BIGINT NOT NULL,
    max_picks BIGINT NOT NULL,
    PRIMARY KEY (city_id, campaign_id, code)
);
CREATE TABLE vote_project (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    pot TEXT NOT NULL,
    code TEXT NOT NULL,
    number BIGINT NOT NULL,
    idea_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    titles TEXT NOT NULL,
    texts TEXT NOT NULL,
    why TEXT NOT NULL,
    cost BIGINT NOT NULL,
    upkeep BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    district TEXT NOT NULL,
    category TEXT NOT NULL,
    placed BOOLEAN NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    geometry TEXT NOT NULL,
    photo TEXT NOT NULL,
    against TEXT NOT NULL,
    dropped TEXT NOT NULL,
    PRIMARY KEY (city_id, campaign_id, id)
);
CREATE UNIQUE INDEX vote_project_code ON vote_project (city_id, campaign_id, code);
-- The bytes of the rule book whose hash the campaign has.
CREATE TABLE vote_book (
    city_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    hash TEXT NOT NULL,
    book TEXT NOT NULL,
    PRIMARY KEY (city_id, campaign_id)
);
