"""Run the quirk server from a terminal: `python -m homarus.testing.quirks --port 1234 --quirk think_tags`."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from homarus.domain.content import JsonObject
from homarus.domain.errors import UsageError
from homarus.domain.i18n import _
from homarus.testing.quirks.catalogue import QUIRKS
from homarus.testing.quirks.server import Manner, QuirkServer
from homarus.testing.quirks.turns import APIS, Asked, Call, Script, Turn


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m homarus.testing.quirks", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help=_("where to listen; 0 lets the system choose"))
    parser.add_argument("--quirk", action="append", default=[], metavar="NAME", help=_("may be given several times"))
    parser.add_argument("--list", action="store_true", help=_("name all quirks and stop"))
    parser.add_argument("--say", default=_("Hello. I am a scripted model."), help=_("what the model answers"))
    parser.add_argument("--think", default="", help=_("what the model thinks before"))
    parser.add_argument(
        "--call",
        action="append",
        default=[],
        metavar="TOOL[=JSON]",
        help=_('a tool to call first, such as web.fetch={"url":"https://example.org"}'),
    )
    parser.add_argument(
        "--model", action="append", metavar="ID", help=_("a model it lists; may be given several times")
    )
    parser.add_argument("--speaks", action="append", choices=APIS, help=_("a protocol it speaks; all by default"))
    parser.add_argument("--key", help=_("the key it wants"))
    parser.add_argument("--window", type=int, default=32_768, help=_("the window it says it has, in tokens"))
    parser.add_argument("--pause", type=float, default=5.0, help=_("how slow the slow quirks are, in seconds"))
    parser.add_argument("--instant", action="store_true", help=_("the same bytes for every prompt, for benchmarks"))
    return parser


def _calls(given: Sequence[str]) -> tuple[Call, ...]:
    calls: list[Call] = []
    for item in given:
        name, _equals, text = item.partition("=")
        arguments: JsonObject = json.loads(text) if text else {}
        calls.append(Call(name=name, arguments=arguments))
    return tuple(calls)


def _script(said: Turn, calls: tuple[Call, ...]) -> Script:
    """Call the tools when the conversation ends with the user's words, and talk once their results are there."""

    def answer(asked: Asked) -> Turn:
        return said if asked.tool_result is not None or not calls else replace(said, text="", calls=calls)

    return answer


async def _run(server: QuirkServer) -> None:
    async with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted; return the exit code."""
    given = _parser().parse_args(argv)
    if given.list:
        width = max(map(len, QUIRKS))
        sys.stdout.writelines(f"{name:<{width}}  {quirk.about}\n" for name, quirk in QUIRKS.items())
        return 0
    manner = Manner(
        models=tuple(given.model or ("quirk",)),
        speaks=tuple(given.speaks or APIS),
        api_key=given.key,
        window_tokens=given.window,
        pause_s=given.pause,
        is_instant=given.instant,
    )
    try:
        script = _script(Turn(text=given.say, reasoning=given.think), _calls(given.call))
        server = QuirkServer(script, quirks=given.quirk, port=given.port, manner=manner)
        asyncio.run(_run(server))
    except UsageError as error:
        sys.stderr.write(f"{error.message} {error.hint}\n")
        return error.exit_code
    except ValueError as error:
        sys.stderr.write(_("The arguments of a call are not JSON: {error}").format(error=error) + "\n")
        return 2
    except OSError as error:
        sentence = _("Port {port} cannot be used: {reason}. Choose another with --port, or leave it out.")
        sys.stderr.write(sentence.format(port=given.port, reason=os.strerror(error.errno or 0)) + "\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
