-- Who counted the residents that the figures of a version are shared among.
ALTER TABLE budget_version ADD COLUMN counted TEXT NOT NULL DEFAULT '';
