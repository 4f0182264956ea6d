CREATE TABLE postbox_letter (
    city_id BIGINT NOT NULL,
    letter_hash TEXT NOT NULL,
    sender_hash TEXT NOT NULL,
    at BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (city_id, letter_hash)
);
CREATE INDEX postbox_letter_sender ON postbox_letter (city_id, sender_hash, at);
