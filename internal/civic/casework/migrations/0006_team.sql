-- What lies before the people of a body, read from the index alone.
CREATE INDEX case_desk_team ON case_file (city_id, body_id, is_open, due_at, id, assignee_id, kind, visibility) WHERE is_open = TRUE;
