-- After tasks were deleted, what is left of their texts in the file is cleaned away when it is quiet. `deleted_event` is the
-- last deletion that was not followed by a cleaning, `cleaned_at` when the processes last took their turn to clean.
ALTER TABLE project ADD COLUMN deleted_event INTEGER;
ALTER TABLE project ADD COLUMN cleaned_at INTEGER;

-- What was deleted before there was cleaning may be left too.
UPDATE project SET deleted_event = (SELECT max(id) FROM events WHERE kind IN ('purged', 'deleted'));
