"""The OpenAPI document: FastAPI's, with the refusals, which all operations share."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from sparkq_http.answer import Refusal

SCHEMA = "#/components/schemas/{model}"
MEANINGS = {
    400: "The value is invalid.",
    401: "The token is missing. Not needed where the system shows that a program of yours sends it.",
    403: "The request comes from another web page or another user, or this cannot be done over HTTP.",
    404: "The task, queue, session or route does not exist.",
    409: "The present state does not allow it.",
    413: "The body is too large.",
    415: "The content type is not application/json.",
    421: "The Host header names another server, or `project` another project.",
    422: "The body or a parameter is malformed.",
    500: "A defect of SparkQ.",
    503: "The database is busy. Try again after a second.",
    507: "The disk is full, or the database file cannot be used.",
}
# By reference: FastAPI would build a validator from a model for each status of each route, before the first answer.
_REFUSAL = {"application/json": {"schema": {"$ref": SCHEMA.format(model=Refusal.__name__)}}}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": meaning, "content": _REFUSAL} for status, meaning in MEANINGS.items()
}


class Application(FastAPI):
    """FastAPI whose document has the schema that `REFUSALS` refer to."""

    def openapi(self) -> dict[str, Any]:
        """Return the document, built at the first call."""
        if self.openapi_schema is None:
            components = super().openapi()["components"]
            refusal = TypeAdapter(Refusal).json_schema(ref_template=SCHEMA, mode="serialization")
            schemas = {**components["schemas"], **refusal.pop("$defs"), Refusal.__name__: refusal}
            components["schemas"] = dict(sorted(schemas.items()))
        return super().openapi()
