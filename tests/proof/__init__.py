"""The promises of the design, proven: races, kills, faults, foreign pages, hostile text. `make prove` prints the table."""
