-- Prompts are in the order in which they came, with an index. In the index itself (schema 23), a prompt of more than 1,000 bytes
-- would take a page of its own, and SQLite would write three pages again whenever one is full.
CREATE TABLE prompts_2 (
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (task_id, revision)
) STRICT;
INSERT INTO prompts_2 (task_id, revision, text, created_at)
SELECT task_id, revision, text, created_at FROM prompts ORDER BY created_at, task_id, revision;
DROP TABLE prompts;
ALTER TABLE prompts_2 RENAME TO prompts;
