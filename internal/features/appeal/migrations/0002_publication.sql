-- An appeal whose author agrees that it may be read by all without a name, and
-- the text that somebody of the body has let out. public_id is 0 until then; it
-- is not the id of the case, from which its number could be guessed.
CREATE TABLE appeal_publication (
    city_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    consent_at BIGINT NOT NULL,
    public_id BIGINT NOT NULL,
    refused TEXT NOT NULL,
    form TEXT NOT NULL,
    lang TEXT NOT NULL,
    answer_lang TEXT NOT NULL,
    title TEXT NOT NULL,
    body_text TEXT NOT NULL,
    answer_text TEXT NOT NULL,
    month TEXT NOT NULL,
    days BIGINT NOT NULL,
    PRIMARY KEY (city_id, case_id)
);
CREATE UNIQUE INDEX appeal_publication_public ON appeal_publication (city_id, public_id) WHERE public_id <> 0;
CREATE INDEX appeal_publication_body ON appeal_publication (city_id, body_id, public_id) WHERE public_id <> 0;
CREATE INDEX appeal_publication_waiting ON appeal_publication (city_id, body_id, case_id) WHERE public_id = 0 AND refused = '';
