-- A strict queue hands out no more tasks than you review: NULL has no limit, 1 waits for your verdict after each task.
ALTER TABLE queues ADD COLUMN review_limit INTEGER CHECK (review_limit >= 1);
