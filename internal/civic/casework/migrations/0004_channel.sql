-- Statistics by channel, and of answers by the day they were given. Cases that
-- were there before are counted into them bit by bit: case_recount says up to
-- which id it is done, and which is the last. whole marks the deltas of cases
-- that count for everything already.
ALTER TABLE case_delta ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE case_delta ADD COLUMN whole BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE case_recount (
    city_id BIGINT NOT NULL,
    done_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    PRIMARY KEY (city_id)
);
INSERT INTO case_recount (city_id, done_id, last_id) SELECT city_id, 0, MAX(id) FROM case_file GROUP BY city_id;
