CREATE TABLE chat_talk (
    city_id BIGINT NOT NULL,
    chat BIGINT NOT NULL,
    state TEXT NOT NULL,
    seen BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, chat)
);
CREATE INDEX chat_talk_at ON chat_talk (city_id, at);
