CREATE TABLE desk_call (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    operator_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    channel TEXT NOT NULL,
    outcome TEXT NOT NULL,
    seconds BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX desk_call_person ON desk_call (city_id, person_id);
CREATE TABLE desk_callback (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    note TEXT NOT NULL,
    operator_id BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    done_at BIGINT NOT NULL,
    done_by BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX desk_callback_open ON desk_callback (city_id, due_at, id) WHERE done_at = 0;
CREATE INDEX desk_callback_person ON desk_callback (city_id, person_id);
