"""Make ready what the first turn and the first page need, beside the loop: whoever asks first would wait for it.

It is a third of the first turn's time; the first pages of a fresh gateway took ten to a hundred times as long as later.
"""

from importlib import import_module

from homarus.agent.rooms import Frozen
from homarus.domain import codec
from homarus.domain.content import Message
from homarus.domain.labels import Label
from homarus.domain.turns import Ended, Inbound, Reply, Route, Routed, Said
from homarus.gateway.configure import Configuration


def warm() -> None:
    """Build what turns values into JSON and back, and load the way out; call it in a thread."""
    import_module("homarus.net.session")
    codec.prepare(Inbound, Route, Frozen, tuple[Message, ...], tuple[Label, ...], Message, Label, Reply)
    codec.prepare(Routed, Said, Ended)


def warm_words() -> None:
    """Compile the patterns that every answer is held to, while a model makes the first; call it in a thread."""
    import_module("homarus.agent.claims")


def warm_pages(configuration: Configuration) -> None:
    """Load and compile what prints pages, and read what settings mean; call it in a thread."""
    from homarus.gateway.pages import load_pages
    from homarus.gateway.pages_render import environment

    load_pages()
    printer = environment()
    for name in printer.list_templates():
        printer.get_template(name)
    for name in ("markdown_it", "nh3"):
        import_module(name)
    configuration.listing()
