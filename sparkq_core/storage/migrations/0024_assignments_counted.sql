-- The limits of an assignment are of what was done for it, whatever was purged or deleted since, and however the clock was
-- set: `in_a_row` counts the attempts that were not done since the last one that was, and `moves` what the chat has claimed
-- and settled since it was last reminded.
ALTER TABLE assignments DROP COLUMN begun_before;
ALTER TABLE assignments DROP COLUMN ended_before;
ALTER TABLE assignments ADD COLUMN in_a_row INTEGER NOT NULL DEFAULT 0;
UPDATE assignments SET moves = NULL;
-- The attempts that a chat has begun for its assignment and not given back.
CREATE TABLE begun (
    chat_id INTEGER NOT NULL REFERENCES assignments (chat_id) ON DELETE CASCADE,
    task_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    PRIMARY KEY (chat_id, task_id, attempt)
) STRICT, WITHOUT ROWID;
INSERT INTO begun (chat_id, task_id, attempt)
SELECT a.chat_id, t.id, e.attempt
FROM assignments AS a JOIN attempts AS e ON e.chat_id = a.chat_id JOIN tasks AS t ON t.id = e.task_id
WHERE a.ended_at IS NULL AND e.claimed_at >= a.given_at AND e.outcome IS NOT 'released'
    AND coalesce(a.queue_id, t.queue_id) = t.queue_id;
CREATE TRIGGER attempts_begun AFTER INSERT ON attempts
WHEN NEW.chat_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM assignments AS a WHERE a.chat_id = NEW.chat_id AND a.ended_at IS NULL) BEGIN
    UPDATE assignments SET moves = moves + 1 WHERE chat_id = NEW.chat_id;
    INSERT INTO begun (chat_id, task_id, attempt)
    SELECT a.chat_id, NEW.task_id, NEW.attempt FROM assignments AS a JOIN tasks AS t ON t.id = NEW.task_id
    WHERE a.chat_id = NEW.chat_id AND coalesce(a.queue_id, t.queue_id) = t.queue_id;
END;
CREATE TRIGGER attempts_ended AFTER UPDATE OF outcome ON attempts
WHEN NEW.chat_id IS NOT NULL AND OLD.outcome IS NULL
    AND EXISTS (SELECT 1 FROM assignments AS a WHERE a.chat_id = NEW.chat_id AND a.ended_at IS NULL) BEGIN
    UPDATE assignments SET moves = moves + 1,
        in_a_row = CASE WHEN NEW.outcome = 'succeeded' THEN 0 WHEN NEW.question IS NULL THEN in_a_row + 1 ELSE in_a_row END
    WHERE chat_id = NEW.chat_id;
    DELETE FROM begun
    WHERE chat_id = NEW.chat_id AND task_id = NEW.task_id AND attempt = NEW.attempt AND NEW.outcome = 'released';
END;
-- A hook tells that an attempt is another chat's.
CREATE TRIGGER attempts_of_another_chat AFTER UPDATE OF chat_id ON attempts
WHEN OLD.chat_id IS NOT NULL AND NEW.chat_id <> OLD.chat_id BEGIN
    DELETE FROM begun WHERE chat_id = OLD.chat_id AND task_id = NEW.task_id AND attempt = NEW.attempt;
    UPDATE assignments SET moves = moves + 1 WHERE chat_id = NEW.chat_id AND ended_at IS NULL;
    INSERT INTO begun (chat_id, task_id, attempt)
    SELECT a.chat_id, NEW.task_id, NEW.attempt FROM assignments AS a JOIN tasks AS t ON t.id = NEW.task_id
    WHERE a.chat_id = NEW.chat_id AND a.ended_at IS NULL AND coalesce(a.queue_id, t.queue_id) = t.queue_id
        AND NEW.outcome IS NOT 'released';
END;
