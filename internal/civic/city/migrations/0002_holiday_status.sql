ALTER TABLE city_holiday ADD COLUMN status TEXT NOT NULL DEFAULT 'check';
