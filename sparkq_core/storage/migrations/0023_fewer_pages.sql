-- Each verb writes fewer pages: an index less for the outcome, two less for the claim, three less for a new task.
-- A list of one status, or of one queue, is merged from the lists of its queues and statuses.
DROP INDEX tasks_by_status;
DROP INDEX tasks_by_queue;
DROP INDEX tasks_by_queue_status;
CREATE INDEX tasks_by_queue_status ON tasks (queue_id, status) WHERE status NOT IN ('queued', 'running');
-- Queued tasks are in tasks_line, in the order of their ids too, because a new task gets the position id * 1024. The others,
-- which were put elsewhere or are older than this schema, have an index of their own.
CREATE INDEX tasks_out_of_line ON tasks (queue_id) WHERE status = 'queued' AND position <> id * 1024;
CREATE INDEX tasks_held ON tasks (status) WHERE status = 'held';

-- The tools and workers that tasks of a queue have had: a list by another one needs no walk through its tasks.
CREATE TABLE used (
    queue_id INTEGER NOT NULL REFERENCES queues (id) ON DELETE CASCADE,
    what TEXT NOT NULL CHECK (what IN ('tool', 'worker')),
    name TEXT NOT NULL,
    PRIMARY KEY (queue_id, what, name)
) STRICT, WITHOUT ROWID;
INSERT INTO used (queue_id, what, name)
SELECT DISTINCT queue_id, 'tool', tool FROM tasks UNION
SELECT DISTINCT queue_id, 'worker', worker FROM tasks WHERE worker IS NOT NULL;

CREATE TRIGGER tasks_tool_used AFTER INSERT ON tasks
WHEN NOT EXISTS (SELECT 1 FROM used WHERE queue_id = NEW.queue_id AND what = 'tool' AND name = NEW.tool) BEGIN
    INSERT INTO used (queue_id, what, name) VALUES (NEW.queue_id, 'tool', NEW.tool);
END;
CREATE TRIGGER tasks_tool_changed AFTER UPDATE OF tool, queue_id ON tasks
WHEN NOT EXISTS (SELECT 1 FROM used WHERE queue_id = NEW.queue_id AND what = 'tool' AND name = NEW.tool) BEGIN
    INSERT INTO used (queue_id, what, name) VALUES (NEW.queue_id, 'tool', NEW.tool);
END;
CREATE TRIGGER tasks_worker_used AFTER UPDATE OF worker, queue_id ON tasks
WHEN NEW.worker IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM used WHERE queue_id = NEW.queue_id AND what = 'worker' AND name = NEW.worker) BEGIN
    INSERT INTO used (queue_id, what, name) VALUES (NEW.queue_id, 'worker', NEW.worker);
END;
CREATE TRIGGER tasks_worker_came AFTER INSERT ON tasks
WHEN NEW.worker IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM used WHERE queue_id = NEW.queue_id AND what = 'worker' AND name = NEW.worker) BEGIN
    INSERT INTO used (queue_id, what, name) VALUES (NEW.queue_id, 'worker', NEW.worker);
END;

-- The tasks that were enqueued at an earlier time than the task before them, because the clock was set back in between.
CREATE TABLE set_back (
    task_id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO set_back (task_id)
SELECT id FROM (SELECT id, created_at < lag(created_at) OVER (ORDER BY id) AS is_set_back FROM tasks) WHERE is_set_back;
CREATE TRIGGER tasks_set_back AFTER INSERT ON tasks
WHEN NEW.created_at < (SELECT t.created_at FROM tasks AS t WHERE t.id < NEW.id ORDER BY t.id DESC LIMIT 1)
    AND NOT EXISTS (SELECT 1 FROM set_back AS s WHERE s.task_id = NEW.id) BEGIN
    INSERT INTO set_back (task_id) VALUES (NEW.id);
END;
-- An import may have the tasks in any order.
CREATE TRIGGER tasks_came_between AFTER INSERT ON tasks
WHEN EXISTS (SELECT 1 FROM tasks AS t WHERE t.id > NEW.id) BEGIN
    INSERT INTO set_back (task_id)
    SELECT t.id FROM tasks AS t WHERE t.id = (SELECT min(n.id) FROM tasks AS n WHERE n.id > NEW.id)
        AND t.created_at < NEW.created_at AND NOT EXISTS (SELECT 1 FROM set_back AS s WHERE s.task_id = t.id);
END;

-- What the inbox has before you look at it first is known from counters, and from these indexes of what is rare.
CREATE INDEX tasks_timeouts ON tasks (queue_id) WHERE error_type = 'timeout' AND status = 'failed' AND reviewed_at IS NULL;
CREATE INDEX tasks_late ON tasks (queue_id) WHERE late_at IS NOT NULL AND reviewed_at IS NULL AND status <> 'running';

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
