-- Up to which day the figures of a version are reckoned, from the first day of
-- its year ('' the whole year): the report of October is of nine months. And
-- whether the document is known in part only, so that its lines have no sum.
ALTER TABLE budget_version ADD COLUMN until TEXT NOT NULL DEFAULT '';
ALTER TABLE budget_version ADD COLUMN excerpt BOOLEAN NOT NULL DEFAULT FALSE;
