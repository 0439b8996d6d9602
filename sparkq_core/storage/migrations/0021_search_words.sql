-- Languages without spaces between words are indexed letter by letter, with the marks of their letters. The index is built
-- again by the searches that follow.
ALTER TABLE project ADD COLUMN lines_to_index INTEGER NOT NULL DEFAULT 0;  -- purged lines with ids up to it are to be indexed

DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5 (
    title, prompt, outcome, content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2 categories ''L* N* Co Mn Mc'''
);

UPDATE project SET indexed_event = 0, lines_to_index = (SELECT coalesce(max(id), 0) FROM purged);
