-- A search finds the lines of purged tasks too: their ids are never those of a task.
INSERT INTO search (rowid, title, prompt, outcome) SELECT id, title, '', excerpt FROM purged;
