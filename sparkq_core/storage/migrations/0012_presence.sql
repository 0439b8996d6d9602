-- A chat may be resumed in a new process before its former one ends, so only the process that served it last can say that
-- it is gone. `server` names the file that this process holds a lock on: the system releases it when the process is killed.
ALTER TABLE chats ADD COLUMN server TEXT;
CREATE INDEX chats_last ON chats (last_at);

-- A client is updated, and its user changes the model: an attempt keeps what it was done with.
ALTER TABLE attempts ADD COLUMN client TEXT;
ALTER TABLE attempts ADD COLUMN client_version TEXT;
ALTER TABLE attempts ADD COLUMN model TEXT;
UPDATE attempts SET (client, client_version, model) = (SELECT c.client, c.version, c.model FROM chats AS c WHERE c.id = chat_id)
WHERE chat_id IS NOT NULL;
