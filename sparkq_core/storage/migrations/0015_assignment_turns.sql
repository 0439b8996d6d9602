-- The turn in which a chat last worked for its assignment, by the client's id of the prompt that began it. No hook tells of
-- an interrupt: what tells is a turn that another prompt began and in which nothing was done for the assignment.
ALTER TABLE assignments ADD COLUMN turn TEXT;
