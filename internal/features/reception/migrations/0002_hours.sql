-- When booking opens (0: at once), what people should know, who of the staff
-- receives (0: nobody named), and the slots that were taken out.
ALTER TABLE reception_session ADD COLUMN opens_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reception_session ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE reception_session ADD COLUMN staff_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reception_session ADD COLUMN gone TEXT NOT NULL DEFAULT '[]';
-- The order in which people wait; an id orders only what is a millisecond apart.
ALTER TABLE reception_booking ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
