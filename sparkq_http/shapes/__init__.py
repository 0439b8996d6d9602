"""The shapes of answers for the OpenAPI document. `wire` makes them; the tests hold the two together."""
