CREATE TABLE notify_digest (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    message_key TEXT NOT NULL,
    args TEXT NOT NULL,
    link TEXT NOT NULL,
    digest_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, person_id, event_id)
);
CREATE INDEX notify_digest_event ON notify_digest (city_id, event_id);
DROP INDEX notify_watch_district;
CREATE INDEX notify_watch_district ON notify_watch (city_id, layer, district, id) WHERE district <> '';
DROP INDEX notify_message_sent;
