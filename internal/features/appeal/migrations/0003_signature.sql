-- Since when an answer waits for its signature; 0 is not known.
ALTER TABLE appeal_answer ADD COLUMN asked_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX appeal_answer_review ON appeal_answer (city_id, case_id) WHERE stage = 'review';
