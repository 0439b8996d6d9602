"""What all answers share, and the one shape of a refusal."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """An answer with these keys and no others; those with a default may be absent."""

    model_config = ConfigDict(extra="forbid")


class Refusal(Shape):
    """Every refusal: a code for programs, what is wrong, and what to do next."""

    error: str
    message: str
    hint: str
