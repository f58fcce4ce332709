"""C13: memory that wants a key of somebody else's."""

from benchmarks.quirks.claims import all_end_well, claim, says
from benchmarks.quirks.minds import Mind, call_of, result_in
from benchmarks.quirks.scenario import Ask, Scenario, Side
from homarus.testing.quirks import Asked, Turn, say


def _keeps() -> Mind:
    """Return a model that saves what it is told, and looks up what it is asked."""
    save = call_of("memory.save", {"text": "The key of the shed is blue."})
    look = call_of("memory.search", {"query": "key shed"})

    def model(asked: Asked) -> Turn:
        result = result_in(asked)
        if "colour" not in asked.last_user:
            return Turn(calls=(save,)) if result is None else say("I will remember it.")
        if result is None:
            return Turn(calls=(look,))
        return say("It is blue." if "blue" in result else "I do not know.")

    return lambda: model


SCENARIOS = (
    Scenario(
        name="memory-without-embeddings",
        pain="C13",
        thread="openclaw/openclaw#111129",
        about="A server that has no embeddings, and nobody has a key for any.",
        expect="What was remembered in one conversation is found in another, and nobody asks for a key.",
        first=Side(mind=_keeps()),
        steps=(
            Ask(text="Remember: the key of the shed is blue.", session="monday"),
            Ask(text="Which colour has the key of the shed?", session="tuesday"),
        ),
        right=(
            all_end_well(),
            says("it is blue"),
            claim("nobody asks for embeddings", lambda seen: not any("embed" in path for path in seen.first.paths)),
        ),
    ),
)
