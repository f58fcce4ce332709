"""Write the reference pages that the code itself knows best, and the list of commands in the README.

    python scripts/reference.py           write them
    python scripts/reference.py --check   only tell which of them are old

docs/reference/{commands,errors,events,providers}.md; settings, tools and the HTTP API have scripts of their own.
"""

import ast
import inspect
import json
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import cast

from pydantic import BaseModel

from homarus.channels.email_settings import EmailSettings
from homarus.channels.telegram_settings import TelegramSettings
from homarus.cli.main import WORDS, Command, Word
from homarus.domain import errors, events
from homarus.domain.errors import Failure, HomarusError, ModelError, OperatorError, UserError
from homarus.gateway.channel_settings import ChannelSettings
from homarus.gateway.discover import discover
from homarus.models.failure_words import words_of
from homarus.state.config import schema
from homarus.state.config.listing import default_of

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "reference"
NOTE = "<!-- Written by scripts/reference.py; change the code instead. -->\n"

ENGINE_RULES = """
## Model servers

A server in reach is known by what it answers, whatever it is called in the configuration, and read: models, what is
loaded, the context that is really allocated, slots, quantisation. [Model servers](../explanation/engines.md) says more.
Where the real server cannot run in our tests, the adapter is held to a contract file: requests and answers, written
down from the source named here.

| server | version | held to | source |
|---|---|---|---|"""
CHANNEL_RULES = """
Who is answered follows from the id that the service itself gives to a sender, compared letter by letter; a number may
be written as one, and `telegram:123` is the same as `123` for the channel `telegram`. A name that is shown, an empty id
and `"*"` are nobody. Whoever is not named gets no answer and no turn: `homarus doctor channels` says who wrote, and the
command that lets them in.

| sender | words | commands (`/model`, `/approve` ...) | questions of the agent |
|---|---|---|---|
| in `owner` | your own words | work | shown there; answered there, in the browser or in the terminal |
| in `allowFrom` | of somebody else: they steer nothing | are plain text | shown there; only you answer |
| anybody else | not taken in | | |

Each sender talks in a session of the channel (`agent:<agent>:<channel>:<place>`) and cannot get into another one. A
channel that breaks is started again after 1, 2, 5, 15, 60 and then 300 seconds; `homarus status` and `homarus doctor`
name it until it has run well for a minute. A reply that surely did not arrive is sent again. One whose sending was cut
off is repeated only where the other side drops a second message with the same key, and is `reply.unknown` elsewhere."""


ACTIONS_WIDTH = 30
"""Of the column with actions in the README; longer lists get a line of their own."""


@dataclass(slots=True)
class Recorder:
    """Takes what a command declares, in place of a parser: the same in every version of Python."""

    rows: list[str] = field(default_factory=list[str])
    children: "dict[str, Recorder]" = field(default_factory=dict[str, "Recorder"])
    about: str = ""

    def add_argument(self, *names: str, **more: object) -> None:
        """Note one argument."""
        shown = ", ".join(f"`{name}`" for name in names)
        choices = more.get("choices")
        takes = str(more.get("metavar") or ("|".join(cast("tuple[str, ...]", choices)) if choices else ""))
        self.rows.append(f"- {shown}{f' `{takes}`' if takes else ''}: {more.get('help', '')}")

    def add_subparsers(self, **_more: object) -> "Recorder":
        """Return the place where actions are declared."""
        return self

    def add_parser(self, name: str, *, help: str, **_more: object) -> "Recorder":  # noqa: A002 - argparse's word
        """Note one action."""
        self.children[name] = Recorder(about=help)
        return self.children[name]

    def add_mutually_exclusive_group(self, **_more: object) -> "Recorder":
        """Note arguments of which one is given as all others."""
        return self

    def set_defaults(self, **_more: object) -> None:
        """Defaults are not shown."""


def declared(word: Word) -> Recorder:
    """Return what a word of the command line takes."""
    recorder = Recorder(about=word.summary)
    module = cast("Command", import_module(f"homarus.cli.{word.module}"))
    module.declare(cast("ArgumentParser", recorder))
    return recorder


def commands() -> Iterator[str]:
    """Yield the page of commands."""
    yield f"# Commands\n\n{NOTE}"
    yield "Every command takes `--json` (one JSON object, for scripts), `--home FOLDER` (the state folder;"
    yield "default: `HOMARUS_HOME`, else `~/.homarus`) and `--config FILE` (another configuration). `homarus` alone is"
    yield "`homarus status`. Without an action, the first one is meant.\n"
    yield "Exit codes: 0 ok, 1 failed, 2 usage, 3 needs you, 4 gateway down, 130 interrupted. A failed command says why"
    yield "on standard error, and the next step after `Next:`; with `--json` both stand in `error`.\n"
    for word in WORDS:
        made = declared(word)
        yield f"## homarus {word.name}\n\n{_sentence(word.summary)}\n"
        yield from _list(made.rows)
        for name, child in made.children.items():
            yield f"### homarus {word.name} {name}\n\n{_sentence(child.about)}\n"
            yield from _list(child.rows)


def _list(rows: list[str]) -> Iterator[str]:
    if rows:
        yield "\n".join(rows) + "\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def error_page() -> Iterator[str]:
    """Yield the page of errors."""
    yield f"# Errors\n\n{NOTE}"
    yield "Every error has a sentence (`message`), a next step (`hint`) and a `kind`; they are the same on the"
    yield "terminal, on the pages and in the HTTP API.\n"
    branches = {
        UserError: "The person in the chat or at the terminal acts",
        OperatorError: "The person who runs the gateway acts",
        ModelError: "Goes back to the model as the result of its call",
    }
    for branch, title in branches.items():
        yield f"## {title}\n\n| kind | status | exit code | when |\n|---|---|---|---|"
        yield from (
            f"| `{kind.__name__}` | {kind.status} | {kind.exit_code} | {_first_line(kind)} |" for kind in _kinds(branch)
        )
        yield ""
    yield "## How a model server can fail\n\n`ModelCallError` has a `failure`, because reactions differ: some are"
    yield "waited for, some are tried on the next model, a prompt that is too long is shortened.\n"
    yield "| failure | you read | next step |\n|---|---|---|"
    for failure in Failure:
        words = words_of(failure)
        yield f"| `{failure.value}` | {_cell(words.sentence)} | {_cell(words.hint)} |"


def _kinds(branch: type[HomarusError]) -> Iterator[type[HomarusError]]:
    yield branch
    for kind in branch.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield from _kinds(kind)


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").split("\n")[0]


def _cell(text: str) -> str:
    return text.replace("!r}", "}").replace("|", "\\|")


def event_page() -> Iterator[str]:
    """Yield the page of events."""
    yield f"# Events\n\n{NOTE}"
    yield "The log holds facts in the order in which they were written; every page, log and reply is a view of it."
    yield "`homarus events --follow` shows them as they come, `GET /api/v1/events` gives them to programs.\n"
    yield "| kind | body |\n|---|---|"
    docs = _docstrings(events, "Kind")
    yield from (f"| `{kind.value}` | {_cell(docs.get(kind.name, ''))} |" for kind in events.Kind)


def _docstrings(module: object, name: str) -> dict[str, str]:
    """Return what stands under each member of a class."""
    tree = ast.parse(inspect.getsource(cast("Callable[..., object]", module)))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    found: dict[str, str] = {}
    for member, doc in pairwise(body):
        if isinstance(member, ast.Assign) and isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant):
            found[ast.unparse(member.targets[0])] = " ".join(str(doc.value.value).split())
    return found


def provider_page() -> Iterator[str]:
    """Yield the page of providers and channels."""
    with tempfile.TemporaryDirectory() as home:
        found = discover(Path(home))
    yield f"# Providers, wire protocols and channels\n\n{NOTE}"
    yield "These are known by name; each can be overridden under `models.providers.<name>`, and any other server can"
    yield "be added with a `baseUrl` and an `api`. A hosted one is asked only when it is"
    yield "configured or its key is there.\n"
    yield "| provider | protocol | address | key |\n|---|---|---|---|"
    for mark in found.providers():
        key = f"`{mark.key_env}`" if mark.key_env else "none"
        yield f"| `{mark.name}` | `{mark.api}` | `{mark.base_url}` | {key} |"
    yield "| `embedded` | a child process on this machine | none | none |\n"
    yield "## Wire protocols\n\nThe values of `api`, proven by one conformance suite against a server that misbehaves"
    yield "on demand; the last column says where a real server answered in our tests, too.\n"
    yield "| api | real server in tests |\n|---|---|"
    real = {"openai-completions", "openai-responses", "anthropic-messages"}
    yield from (f"| `{api}` | {'llama.cpp' if api in real else 'none'} |" for api in sorted(found.names("wire")))
    yield from engine_section()
    yield "\n## Channels\n\n`web` (the browser chat), `cli` (the terminal) and `api` (programs, with a key) are part of"
    yield f"the gateway. Further ones are plugins, one file each{_others(found.names('channel'))}."
    yield from channel_section()


def engine_section() -> Iterator[str]:
    """Yield which servers are read how, and what that was held to."""
    yield ENGINE_RULES
    for file in sorted((ROOT / "tests" / "models" / "contracts").glob("*.json")):
        contract = cast("dict[str, str]", json.loads(file.read_text(encoding="utf-8")))
        how = "proven on the real server" if contract["proven"] else "contract file; not proven on the real server"
        yield f"| {contract['server']} | {contract['version']} | {how} | {contract['source']} |"


def channel_section() -> Iterator[str]:
    """Yield what every channel has in common."""
    yield "[Write a plugin](../how-to/write-a-plugin.md) says how to make one and how to switch it on.\n"
    yield "A channel is switched on by its section `channels.<name>` in the configuration. Besides its own settings,"
    yield "each has these; a running gateway follows a change.\n"
    yield "| setting | kind | default | meaning |\n|---|---|---|---|"
    for leaf in schema.leaves(ChannelSettings):
        field_of = leaf.setting.field
        name, default = leaf.path[0], json.dumps(default_of(leaf.setting))
        about = " ".join(leaf.setting.description.split())
        yield f"| `{name}` | {schema.kind(field_of.annotation, field_of)} | `{default}` | {about} |"
    yield CHANNEL_RULES
    yield from own_settings("telegram", TelegramSettings)
    yield from own_settings("email", EmailSettings)


def own_settings(name: str, settings: type[BaseModel]) -> Iterator[str]:
    """Yield what a channel of ours can be told besides."""
    yield f"\n### {name}\n\n{' '.join((settings.__doc__ or '').split())} [How to set it up](../how-to/{name}.md).\n"
    yield "| setting | kind | default | meaning |\n|---|---|---|---|"
    for leaf in schema.leaves(settings):
        field_of = leaf.setting.field
        default = json.dumps(default_of(leaf.setting), default=str)
        about = " ".join(leaf.setting.description.split())
        path = ".".join(str(step) for step in leaf.path)
        yield f"| `{path}` | {schema.kind(field_of.annotation, field_of)} | `{default}` | {about} |"


def _others(names: tuple[str, ...]) -> str:
    return f"; installed here: {', '.join(f'`{name}`' for name in names)}" if names else ""


def short_list() -> str:
    """Return the commands as the README shows them."""
    rows: list[str] = []
    for word in WORDS:
        actions = "|".join(declared(word).children)
        is_long = len(actions) > ACTIONS_WIDTH
        rows.append(f"homarus {word.name:<9} {'' if is_long else actions:<25} {word.summary}".rstrip())
        rows += [f"                  {actions}"] if is_long else []
    return "```\n" + "\n".join(rows) + "\n```"


def with_block(text: str, name: str, content: str) -> str:
    """Return a text with what stands between `<!-- name -->` and `<!-- /name -->` replaced.

    Raises:
        ValueError: when there is no such place.
    """
    head, _start, rest = text.partition(f"<!-- {name} -->\n")
    _old, end, tail = rest.partition(f"<!-- /{name} -->")
    if not end:
        raise ValueError(name)
    return f"{head}<!-- {name} -->\n{content}\n<!-- /{name} -->{tail}"


def pages() -> dict[Path, str]:
    """Return every file that this script writes, with its content."""
    made = {"commands": commands, "errors": error_page, "events": event_page, "providers": provider_page}
    found = {DOCS / f"{name}.md": "\n".join(page()).rstrip() + "\n" for name, page in made.items()}
    readme = ROOT / "README.md"
    found[readme] = with_block(readme.read_text(encoding="utf-8"), "commands", short_list())
    return found


def main() -> int:
    """Write the pages, or check them."""
    old = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in old:
            print(f"{path.relative_to(ROOT)} is old: run python scripts/reference.py")
        return 1 if old else 0
    for path in old:
        path.write_text(pages()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
