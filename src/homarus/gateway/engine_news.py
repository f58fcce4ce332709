"""Write down what happens at model servers: up, down, a model loaded, gone, failed, or another build than before."""

from collections.abc import Callable

from homarus.domain.content import JsonObject
from homarus.domain.events import Kind, NewEvent
from homarus.models.embedded import Embedded
from homarus.models.engines.changes import Callback, Change
from homarus.models.engines.embedded import EmbeddedAdapter
from homarus.models.engines.watch import Watch
from homarus.models.providers import EMBEDDED


def noting(write: Callable[[NewEvent], None]) -> Callback:
    """Return what writes the news of a change; the built-in engine tells its own."""

    def note(change: Change) -> None:
        if change.engine.provider == EMBEDDED:
            return
        for news in change.news:
            body: JsonObject = {
                "engine": change.engine.provider,
                "state": news.state,
                "model": news.model,
                "detail": news.detail,
            }
            write(NewEvent(kind=Kind.ENGINE_CHANGED, body=body))

    return note


def take_in(watch: Watch, embedded: Embedded, *, window_tokens: Callable[[], int]) -> None:
    """Let the built-in engine be looked at like the others."""
    watch.add(EmbeddedAdapter(embedded, window_tokens=window_tokens))
