-- A chat that works a queue until it is empty, because you typed so in it. This is in the store because a client restarts
-- its servers, and hooks that are commands remember nothing. It ends with the chat: `process` is that of the client.
-- Without a queue it is every queue that has work. What the chat had begun and ended before is counted, since a clock may
-- be set; `moves` counts what it had claimed and settled when it was last reminded.
CREATE TABLE assignments (
    chat_id INTEGER PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
    queue_id INTEGER REFERENCES queues (id) ON DELETE CASCADE,
    most INTEGER,
    until INTEGER,
    fresh INTEGER NOT NULL DEFAULT 0,
    process TEXT,
    given_at INTEGER NOT NULL,
    begun_before INTEGER NOT NULL,
    ended_before INTEGER NOT NULL,
    reminded_at INTEGER,
    moves INTEGER,
    ended_at INTEGER,
    ended_why TEXT
) STRICT;
CREATE INDEX assignments_open ON assignments (given_at) WHERE ended_at IS NULL;

-- The attempts of which a chat was reminded when it ended its turn without an outcome: once each.
CREATE TABLE reminders (
    task_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (task_id, attempt),
    FOREIGN KEY (task_id, attempt) REFERENCES attempts (task_id, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
