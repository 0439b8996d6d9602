-- The built-in task classes and tools are declared once, in the code: a copy in each project would grow old there, and
-- nothing ever wrote to these tables. A project's own ones are settings.
DROP TABLE tools;
DROP TABLE task_classes;
