-- When the author first had the signed answer on the screen, and the detached
-- signature that a provider of electronic signatures has made for the letter.
ALTER TABLE appeal_answer ADD COLUMN received_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE appeal_answer ADD COLUMN signature_key TEXT NOT NULL DEFAULT '';
