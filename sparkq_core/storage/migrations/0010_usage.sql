-- What an attempt cost is known only to its client, which prints it when it has ended: kept as it was read from there.
ALTER TABLE attempts ADD COLUMN usage TEXT;  -- JSON: client, model, tokens, dollars
