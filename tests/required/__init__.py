"""What SparkQ promises, sentence by sentence, each with the tests that hold it: `tests/requirements.py` gathers them."""
