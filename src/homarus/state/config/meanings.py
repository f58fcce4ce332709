"""Read what a setting means: the text under its field, taken from the source only when somebody asks.

Pydantic can do this while it makes the classes, at every start; that is a sixth of the time a gateway takes to answer.
"""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel


def meaning(model: type[BaseModel], attribute: str) -> str:
    """Return the text under a field, of the class that has it or of one it inherits from; empty when there is none."""
    field = model.model_fields.get(attribute)
    if field is not None and field.description:
        return field.description
    return next((found for kind in model.__mro__ if (found := _written(kind).get(attribute))), "")


@cache
def _written(kind: type[object]) -> Mapping[str, str]:
    if kind is BaseModel or not issubclass(kind, BaseModel):
        return {}
    try:
        (made,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    except (OSError, TypeError):  # its source is not on this disk
        return {}
    texts: dict[str, str] = {}
    name = ""
    for line in made.body if isinstance(made, ast.ClassDef) else ():
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            name = line.target.id
        elif isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str):
            texts.setdefault(name, inspect.cleandoc(line.value.value))
    return texts
