CREATE INDEX case_desk_kind ON case_file (city_id, kind, is_open, due_at, id);
CREATE INDEX case_author_kind ON case_file (city_id, author_id, kind, id) WHERE author_id <> 0;
DROP INDEX case_author;
