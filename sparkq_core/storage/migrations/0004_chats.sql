-- A process is not a chat: attempts belong to the conversation that claimed them, which may outlive its server, or share
-- one with others. `session` is the client's own id of the conversation, NULL where the client tells none.
CREATE TABLE chats (
    id INTEGER PRIMARY KEY,
    client TEXT NOT NULL,
    version TEXT,
    session TEXT,
    cwd TEXT,
    model TEXT,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    gone_at INTEGER,
    gone_why TEXT
) STRICT;
CREATE UNIQUE INDEX chats_session ON chats (client, session) WHERE session IS NOT NULL;

ALTER TABLE attempts ADD COLUMN chat_id INTEGER REFERENCES chats (id);
-- The attempt that was claimed in the same call that settled this one: the call again finds it.
ALTER TABLE attempts ADD COLUMN next_task INTEGER;
ALTER TABLE attempts ADD COLUMN next_attempt INTEGER;
CREATE INDEX attempts_of_chat ON attempts (chat_id, outcome) WHERE chat_id IS NOT NULL;

-- When the newest text came that a worker sent after its attempt had ended; NULL if none came since the last requeue.
ALTER TABLE tasks ADD COLUMN late_at INTEGER;
UPDATE tasks SET late_at = (
    SELECT max(a.late_at) FROM attempts AS a
    WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts AND a.accepted_at IS NULL
) WHERE finished_at IS NOT NULL;
