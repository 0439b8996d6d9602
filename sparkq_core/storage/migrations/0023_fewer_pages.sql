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
