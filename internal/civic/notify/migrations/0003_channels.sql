ALTER TABLE notify_preference ADD COLUMN sms BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE notify_preference ADD COLUMN telegram BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE notify_preference ADD COLUMN often TEXT NOT NULL DEFAULT '';
UPDATE notify_preference SET often = 'daily' WHERE digest;
ALTER TABLE notify_preference DROP COLUMN digest;
ALTER TABLE notify_message ADD COLUMN state TEXT NOT NULL DEFAULT '';
UPDATE notify_message SET state = 'sent' WHERE sent_at > 0 AND error = '';
UPDATE notify_message SET state = 'failed' WHERE sent_at > 0 AND error <> '';
CREATE INDEX notify_message_failed ON notify_message (city_id, id) WHERE state = 'failed';
CREATE TABLE notify_chat (
    city_id BIGINT NOT NULL,
    chat BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, chat)
);
CREATE INDEX notify_chat_person ON notify_chat (city_id, person_id);
CREATE TABLE notify_count (
    city_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    n BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    PRIMARY KEY (city_id, day, channel, state)
);
ALTER TABLE notify_message ADD COLUMN paid BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE notify_text (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (city_id, person_id, day)
);
