-- A protest is a case of its own kind; this is what it holds beside the case.
-- Reasons (of the decision) and remedy (what was done about an upheld one) are
-- JSON by language; person is who sent it, 0 once that is erased. State, grounds, words and clock are those of the case.
CREATE TABLE vote_protest (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    pot TEXT NOT NULL,
    reasons TEXT NOT NULL,
    remedy TEXT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE INDEX vote_protest_campaign ON vote_protest (city_id, campaign_id, case_id);
-- When the result of a campaign was annulled after a protest, 0 for never.
ALTER TABLE vote_campaign ADD COLUMN annulled_at BIGINT NOT NULL DEFAULT 0;
