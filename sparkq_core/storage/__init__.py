"""The SQLite file: connections, schema, and SQLite's errors as SparkQ's."""
