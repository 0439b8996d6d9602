-- You can pause a queue: it still accepts tasks, but no claim gets one until you resume it. NULL if it is not paused.
ALTER TABLE queues ADD COLUMN paused_at INTEGER;
