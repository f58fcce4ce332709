"""What every tool owes the house, read from its mark and its signature; running it is the author's own test.

@pytest.mark.parametrize("claim", tool_suite.CLAIMS, ids=lambda claim: claim.__name__)
def test_my_tool_conforms(claim):
    claim(my_tool)
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, get_type_hints

from homarus.domain.acts import Risk, ToolOutput, ToolTraits
from homarus.domain.marks import ToolMark, mark_of
from homarus.domain.tooling import ToolContext

_NAME = re.compile(r"[a-z][a-z0-9]*(\.[a-z][a-z0-9_]*)+")
_OUTWARD = (Risk.ACT, Risk.RUN, Risk.REACH)
Function = Callable[..., Any]


def traits_of(function: Function) -> ToolTraits:
    """Return what the mark says."""
    mark = mark_of(function)
    assert isinstance(mark, ToolMark), "put @tool(...) above it"
    return mark.traits


def _arguments(function: Function) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters
    return {name: one for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY}


def it_is_marked_with_a_dotted_name(function: Function) -> None:
    """`noun.verb` in lower case."""
    name = traits_of(function).name
    assert _NAME.fullmatch(name), f"{name!r} is not of the form `noun.verb`"


def it_is_async(function: Function) -> None:
    """The house waits for many things at once."""
    assert inspect.iscoroutinefunction(function), "write `async def`"


def it_takes_a_context_and_named_arguments(function: Function) -> None:
    """`(context: ToolContext, *, ...)`, every argument with a type."""
    parameters = list(inspect.signature(function).parameters.values())
    hints = get_type_hints(function)
    assert parameters, "the first argument is the context"
    assert hints.get(parameters[0].name) is ToolContext, "the first argument is `context: ToolContext`"
    for parameter in parameters[1:]:
        assert parameter.kind is parameter.KEYWORD_ONLY, f"put a `*` before {parameter.name!r}"
        assert parameter.name in hints, f"{parameter.name!r} needs a type"


def it_returns_a_tool_output(function: Function) -> None:
    """Text with its label, and a line for the receipt."""
    assert get_type_hints(function).get("return") is ToolOutput, "annotate `-> ToolOutput`"


def it_says_what_it_does_in_few_words(function: Function) -> None:
    """A model reads it with every request: a first paragraph of at most 300 characters."""
    paragraph = (inspect.getdoc(function) or "").split("\n\n", 1)[0]
    assert paragraph, "write a docstring"
    assert len(paragraph) <= 300, f"the first paragraph has {len(paragraph)} characters; at most 300"


def its_keys_are_arguments(function: Function) -> None:
    """`key` names what decides where an effect goes."""
    unknown = traits_of(function).key_arguments - set(_arguments(function))
    assert not unknown, f"{sorted(unknown)} are no arguments"


def it_names_where_its_effect_goes(function: Function) -> None:
    """A tool that reaches out, acts or runs has at least one KEY argument, or takes none at all."""
    traits = traits_of(function)
    if traits.risk in _OUTWARD and _arguments(function):
        assert traits.key_arguments, f"a tool of risk {traits.risk.value!r} names its `key` arguments"


CLAIMS = (
    it_is_marked_with_a_dotted_name,
    it_is_async,
    it_takes_a_context_and_named_arguments,
    it_returns_a_tool_output,
    it_says_what_it_does_in_few_words,
    its_keys_are_arguments,
    it_names_where_its_effect_goes,
)
