"""A tool that checks every argument and turns every failure into an answer."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp_types import ToolAnnotations
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from sparkq_core.errors import SparkQError
from sparkq_core.storage.aside import aside
from sparkq_core.wire import compact
from sparkq_mcp.answers import reply

log = logging.getLogger("sparkq.mcp")

UNNEEDED_KEYS = ("title", "default", "additionalProperties")


class StrictTool(Tool):
    """A tool that refuses unknown arguments and answers every error with its code, its message and the next step."""

    @classmethod
    def of(
        cls,
        fn: Callable[..., Any],
        *,
        title: str,
        read_only: bool = False,
        idempotent: bool = True,
        meta: dict[str, Any] | None = None,
    ) -> "StrictTool":
        """Make a tool from the name, the docstring and the annotated parameters of `fn`."""
        tool = cls.from_function(
            fn,
            title=title,
            meta=meta,
            annotations=ToolAnnotations(
                title=title,
                read_only_hint=read_only,
                destructive_hint=False,
                idempotent_hint=read_only or idempotent,
                open_world_hint=False,
            ),
        )
        arguments = tool.fn_metadata.arg_model
        # The SDK ignores unknown arguments; {"lmit": 1} must not pass for a limit.
        arguments.model_config["extra"] = "forbid"
        arguments.model_rebuild(force=True)
        tool.parameters = visible_schema(arguments.model_json_schema(by_alias=True))
        tool.fn_metadata.output_schema = without_required(tool.fn_metadata.output_schema)
        return tool  # type: ignore[return-value]  # from_function is typed for its base class

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ARG002  # every result is a CallToolResult already
        """Validate, call, and turn every failure into an answer that the model can act on.

        The result is not validated: a task that a claim handed out must not become an error on its way to the chat.
        """
        parameters = self.fn_metadata.arg_model.model_fields
        try:
            values = self.fn_metadata.validate_arguments(as_declared(arguments, parameters))
        except ValidationError as error:
            return reply.invalid_arguments(self.name, list(parameters), error)
        try:
            return await aside(lambda: self.fn(**values, ctx=context))
        except SparkQError as refused:
            return reply.refusal(refused, context.request_context.lifespan_context.steps)
        except MCPError:
            raise
        except Exception:
            # A defect must not end the chat: the log has its traceback, the answer one line.
            log.exception("tool %s failed", self.name)
            return reply.defect(self.name)


def as_declared(arguments: Mapping[str, Any], parameters: Mapping[str, FieldInfo]) -> dict[str, Any]:
    """Return the arguments in the types of the parameters where models often spell one in another way, and without those
    that are null, which mean that they are left out. All others are unchanged, for the validation to accept or refuse."""
    return {
        name: of_type(parameters[name].annotation, value) if name in parameters else value
        for name, value in arguments.items()
        if value is not None or name not in parameters
    }


def of_type(declared: Any, value: Any) -> Any:
    """Return a number or boolean as its JSON text where a text is declared, and "#42" as "42" where a number is."""
    if declared is int and isinstance(value, str):
        return value.strip().removeprefix("#")
    if isinstance(value, bool) and declared in (str, int):  # pydantic would read it as the number 1
        return compact(value)
    if declared is str and isinstance(value, int | float):
        with suppress(ValueError):  # a number of more digits than Python writes
            return compact(value)
    return value


def visible_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without the keys that cost the model tokens and that it does not need: pydantic's titles, its
    defaults, and `additionalProperties`, since a call with an unknown argument is refused with the known ones."""
    properties = {
        name: {key: value for key, value in parameter.items() if key not in UNNEEDED_KEYS}
        for name, parameter in schema.get("properties", {}).items()
    }
    slim: dict[str, Any] = {"type": "object", "properties": properties}
    if schema.get("required"):
        slim["required"] = schema["required"]
    return slim


def without_required(schema: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the schema of a tool's results without its required keys: some clients validate refusals by it too, and
    would hide an invalid one from the model."""
    return {key: value for key, value in schema.items() if key != "required"} if schema else None
