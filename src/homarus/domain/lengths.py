"""How long a text argument of a tool may be: checked before anybody judges or shows the call."""

from pydantic import AfterValidator


def at_most(chars: int) -> AfterValidator:
    """Make a limit to annotate text with. Schemas do not show it, which saves models words."""

    def check(text: str) -> str:
        if len(text) > chars:
            raise ValueError(f"has {len(text)} characters, at most {chars} fit")
        return text

    return AfterValidator(check)
