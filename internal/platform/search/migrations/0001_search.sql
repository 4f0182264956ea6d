-- +sqlite
CREATE VIRTUAL TABLE search_text USING fts5(words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0");
-- +end
-- +postgres
CREATE TABLE search_text (
    city_id BIGINT NOT NULL,
    layer TEXT NOT NULL,
    id BIGINT NOT NULL,
    words TSVECTOR NOT NULL,
    PRIMARY KEY (city_id, layer, id)
);
CREATE INDEX search_text_words ON search_text USING GIN (words);
-- +end
