"""How long a text argument of a tool may be: checked before anybody judges or shows the call."""

from pydantic import AfterValidator


def at_most(chars: int) -> AfterValidator:
    """Make the limit that `Annotated[str, at_most(1000)]` has; schemas do not show it, which saves a model words."""

    def check(text: str) -> str:
        if len(text) > chars:
            raise ValueError(f"has {len(text)} characters, at most {chars} fit")
        return text

    return AfterValidator(check)
