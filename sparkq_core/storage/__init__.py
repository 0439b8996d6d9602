"""The SQLite file: connections, schema, and SQLite's errors translated to SparkQ's."""
