CREATE TABLE notify_follow (
    city_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, kind, subject_id, person_id)
);
CREATE INDEX notify_follow_person ON notify_follow (city_id, person_id, at);
CREATE TABLE notify_watch (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    layer TEXT NOT NULL,
    district TEXT NOT NULL,
    category TEXT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    metres BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX notify_watch_person ON notify_watch (city_id, person_id);
CREATE INDEX notify_watch_district ON notify_watch (city_id, layer, district) WHERE district <> '';
CREATE TABLE notify_watch_cell (
    city_id BIGINT NOT NULL,
    layer TEXT NOT NULL,
    cell BIGINT NOT NULL,
    watch_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, layer, cell, watch_id)
);
CREATE TABLE notify_inbox (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    message_key TEXT NOT NULL,
    args TEXT NOT NULL,
    link TEXT NOT NULL,
    unread BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, person_id, id)
);
CREATE INDEX notify_inbox_unread ON notify_inbox (city_id, person_id) WHERE unread;
CREATE TABLE notify_message (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    channel TEXT NOT NULL,
    target TEXT NOT NULL,
    lang TEXT NOT NULL,
    message_key TEXT NOT NULL,
    args TEXT NOT NULL,
    link TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    message_id TEXT NOT NULL,
    secret BOOLEAN NOT NULL,
    sent_at BIGINT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (city_id, id),
    UNIQUE (city_id, event_id, channel, target)
);
CREATE INDEX notify_message_sent ON notify_message (city_id, sent_at) WHERE sent_at > 0;
CREATE TABLE notify_preference (
    city_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    email BOOLEAN NOT NULL,
    push BOOLEAN NOT NULL,
    digest BOOLEAN NOT NULL,
    quiet_from BIGINT NOT NULL,
    quiet_to BIGINT NOT NULL,
    PRIMARY KEY (city_id, person_id)
);
CREATE TABLE notify_push (
    city_id BIGINT NOT NULL,
    endpoint TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    p256dh TEXT NOT NULL,
    auth TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (city_id, endpoint)
);
CREATE INDEX notify_push_person ON notify_push (city_id, person_id);
