-- A chat that reached the usage limit of its client cannot speak until that is over: its running tasks are not stale
-- meanwhile. When the limit is over without a word, they go back to their old places.
ALTER TABLE tasks ADD COLUMN limit_until INTEGER;
