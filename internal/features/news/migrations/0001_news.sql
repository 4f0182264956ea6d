CREATE TABLE news_item (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    category TEXT NOT NULL,
    titles TEXT NOT NULL,
    texts TEXT NOT NULL,
    district TEXT NOT NULL,
    tell BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    author_id BIGINT NOT NULL,
    approver_id BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX news_item_published ON news_item (city_id, published_at, id) WHERE state = 'published';
CREATE INDEX news_item_open ON news_item (city_id, id) WHERE state <> 'published';
