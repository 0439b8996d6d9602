-- Long-lived processes take turns to make the daily backup: when it was made, and the newest event in it.
ALTER TABLE project ADD COLUMN backed_up_at INTEGER;
ALTER TABLE project ADD COLUMN backed_up_event INTEGER;
-- Teardown sets this just before it removes the file: a process that still has it open then writes no rescue copy.
ALTER TABLE project ADD COLUMN removed_at INTEGER;
