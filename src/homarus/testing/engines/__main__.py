"""Run a model server that remembers: `python -m homarus.testing.engines --kind ollama --port 11434`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from homarus.domain.i18n import _
from homarus.testing.engines.server import DEFAULT_MODELS, KINDS, EngineServer
from homarus.testing.engines.stock import GIB, Faults, Model, Rack
from homarus.testing.quirks.turns import say


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m homarus.testing.engines", description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="ollama", help=_("which server it plays"))
    parser.add_argument("--port", type=int, default=0, help=_("where to listen; 0 lets the system choose"))
    parser.add_argument("--model", action="append", metavar="NAME", help=_("on its disk; may be given several times"))
    parser.add_argument("--registry", action="append", metavar="NAME", help=_("what can be pulled"))
    parser.add_argument("--size", type=float, default=5.0, help=_("how large each model is, in GiB"))
    parser.add_argument("--window", type=int, default=4096, help=_("the context it allocates unless told otherwise"))
    parser.add_argument("--parallel", type=int, default=1, help=_("how many requests a model takes at once"))
    parser.add_argument("--max-loaded", type=int, default=3, help=_("how many models it keeps in memory"))
    parser.add_argument("--memory", type=float, help=_("how much memory it has, in GiB"))
    parser.add_argument("--load", type=float, default=2.0, help=_("how long loading a model takes, in seconds"))
    parser.add_argument("--pause", type=float, default=0.5, help=_("between two pieces of a download, in seconds"))
    parser.add_argument("--answer", type=float, default=0.0, help=_("how long an answer takes, in seconds"))
    parser.add_argument("--say", default=_("Hello. I am a scripted model."), help=_("what the model answers"))
    parser.add_argument("--key", help=_("the key it wants"))
    parser.add_argument("--loading", action="store_true", help=_("it still loads and answers nothing"))
    parser.add_argument("--load-fails", default="", metavar="WORDS", help=_("no model can be loaded, and why"))
    parser.add_argument("--pull-fails", default="", metavar="WORDS", help=_("no download succeeds, and why"))
    parser.add_argument("--cut-pull", type=float, metavar="SHARE", help=_("where the first download breaks off"))
    parser.add_argument("--clamp", type=int, metavar="TOKENS", help=_("the most context it allocates, without a word"))
    return parser


def _rack(given: argparse.Namespace) -> Rack:
    def made(name: str) -> Model:
        return Model(name=name, size_bytes=int(given.size * GIB), load_s=given.load)

    models = [made(name) for name in given.model or ()] or [
        replace(model, load_s=given.load) for model in DEFAULT_MODELS[given.kind]
    ]
    faults = Faults(
        is_loading=given.loading,
        load_says=given.load_fails,
        pull_says=given.pull_fails,
        cut_pull_at=given.cut_pull,
        clamp_tokens=given.clamp,
    )
    return Rack(
        models,
        window_tokens=given.window,
        parallel=given.parallel,
        max_loaded=given.max_loaded,
        memory_bytes=int(given.memory * GIB) if given.memory else None,
        faults=faults,
        registry=[made(name) for name in given.registry or ("qwen3:4b", "qwen/qwen3-4b", "ggml-org/qwen3-4b-GGUF")],
    )


async def _run(server: EngineServer) -> None:
    async with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted; return the exit code."""
    given = _parser().parse_args(argv)
    server = EngineServer(
        given.kind,
        _rack(given),
        script=(say(given.say),),
        port=given.port,
        api_key=given.key,
        pause_s=given.pause,
        answer_s=given.answer,
    )
    try:
        asyncio.run(_run(server))
    except OSError as error:
        sentence = _("Port {port} cannot be used: {reason}. Choose another with --port, or leave it out.")
        sys.stderr.write(sentence.format(port=given.port, reason=os.strerror(error.errno or 0)) + "\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
