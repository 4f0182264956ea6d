-- A session is some hours in which an official receives people, cut into slots.
CREATE TABLE reception_session (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    body_id BIGINT NOT NULL,
    officials TEXT NOT NULL,
    place TEXT NOT NULL,
    remote BOOLEAN NOT NULL,
    begins_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    minutes BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    cancelled TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE INDEX reception_session_day ON reception_session (city_id, begins_at, id);
CREATE INDEX reception_session_body ON reception_session (city_id, body_id, begins_at, id);
-- A booking without a slot waits for one. What is cancelled keeps no slot.
CREATE TABLE reception_booking (
    city_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    slot_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    earlier_id BIGINT NOT NULL,
    lang TEXT NOT NULL,
    outcome TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    reminded BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, id)
);
CREATE UNIQUE INDEX reception_booking_slot ON reception_booking (city_id, session_id, slot_at) WHERE slot_at <> 0;
CREATE UNIQUE INDEX reception_booking_once ON reception_booking (city_id, session_id, person_id) WHERE person_id <> 0 AND state <> 'cancelled';
CREATE INDEX reception_booking_person ON reception_booking (city_id, person_id, id) WHERE person_id <> 0;
CREATE INDEX reception_booking_reminder ON reception_booking (city_id, slot_at) WHERE state = 'booked' AND NOT reminded;
