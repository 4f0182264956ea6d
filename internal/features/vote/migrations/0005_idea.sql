-- An idea is a case of its own kind; this is what it holds beside the case.
-- Texts, reasons and the explanation of the cost are JSON by language; money is
-- in minor units. State and clock are those of the case.
CREATE TABLE vote_idea (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    pot TEXT NOT NULL,
    asked BIGINT NOT NULL,
    geometry TEXT NOT NULL,
    titles TEXT NOT NULL,
    texts TEXT NOT NULL,
    reasons TEXT NOT NULL,
    why TEXT NOT NULL,
    cost BIGINT NOT NULL,
    upkeep BIGINT NOT NULL,
    against TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX vote_idea_campaign ON vote_idea (city_id, campaign_id, case_id);
-- What an idea said before it was corrected.
CREATE TABLE vote_idea_version (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    title TEXT NOT NULL,
    body_text TEXT NOT NULL,
    asked BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id, n)
);
-- Who supports an idea, and who has signed it as a co-author, under which name.
CREATE TABLE vote_idea_person (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    part TEXT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id, person_id, part)
);
CREATE INDEX vote_idea_person_own ON vote_idea_person (city_id, person_id, case_id);
-- A proposal to merge an idea into another, which both authors have to accept.
CREATE TABLE vote_idea_merge (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    into_id BIGINT NOT NULL,
    note TEXT NOT NULL,
    mine BOOLEAN NOT NULL,
    theirs BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX vote_idea_merge_into ON vote_idea_merge (city_id, into_id, case_id);
