-- How many people live in an area, 0 for not known, and who counted them: names
-- as JSON, as those of the area.
ALTER TABLE place_area ADD COLUMN residents BIGINT NOT NULL DEFAULT 0;
ALTER TABLE place_area ADD COLUMN residents_source TEXT NOT NULL DEFAULT '{}';
