"""The door for Claude: SparkQ over the Model Context Protocol."""
