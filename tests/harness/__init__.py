"""The parts that tests are built from: doors, processes, terminals, a browser. Nothing here is a test."""
