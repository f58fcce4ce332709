"""homarus models test and bench: what a model can be trusted with here, and how fast it is."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import cast
from urllib.parse import urlencode

from homarus.cli import figures, show
from homarus.cli.line import AnsweredError, Frame, GatewayDownError, Line
from homarus.cli.options import Options
from homarus.domain.content import Json, JsonObject
from homarus.domain.i18n import _


def declare_test(parser: ArgumentParser) -> None:
    """Name the arguments of `test`."""
    parser.add_argument("model", nargs="?", help=_("provider/id or an alias; without one, show the cards there are"))
    parser.add_argument("--quick", action="store_true", help=_("half a minute instead of two"))
    parser.add_argument("--markdown", action="store_true", help=_("print the card as a page to pass on"))


def test(line: Line, options: Options) -> int:
    """Try a model and show its disciplines as they pass, then its card; without a model, all cards."""
    if options.own.model is None:
        return _all_cards(line, options)
    body: JsonObject = {"model": options.own.model, "quick": bool(options.own.quick)}
    if options.own.markdown:
        _card_of(line.stream("POST", "/api/v1/models/test", body), _Quiet())
        return _as_page(line, model=str(options.own.model))
    if options.as_json:
        show.as_json(_card_of(line.stream("POST", "/api/v1/models/test", body), _Quiet()))
        return 0
    card = _card_of(line.stream("POST", "/api/v1/models/test", body), _Loud())
    print()
    print_card(card)
    return 0


class _Quiet:
    """Says nothing while a test runs."""

    def begins(self, told: JsonObject) -> None:
        """A discipline begins."""

    def score(self, told: JsonObject) -> None:
        """A discipline is done."""


class _Loud(_Quiet):
    """A line per discipline: what is tried on a terminal, what came of it everywhere."""

    def begins(self, told: JsonObject) -> None:
        """A discipline begins."""
        if show.is_live():
            show.status(_("{number}/{of}  {discipline} ...").format(**told))

    def score(self, told: JsonObject) -> None:
        """A discipline is done."""
        show.clear_status()
        print(_score_line(told), flush=True)


def _card_of(frames: Iterator[Frame], told: _Quiet) -> JsonObject:
    for frame in frames:
        match frame.name:
            case "begins":
                told.begins(frame.data)
            case "score":
                told.score(frame.data)
            case "failed":
                show.clear_status()
                raise failed(frame.data)
            case _:
                return frame.data
    raise GatewayDownError(_("The gateway was stopped in the middle of the test."), hint="homarus up --background")


def failed(told: JsonObject) -> AnsweredError:
    """Return the error that an answer ended with after it had begun."""
    return AnsweredError(500, str(told["message"]), str(told["hint"]), cast("int", told["exit_code"]))


def _score_line(score: JsonObject) -> str:
    passed, tried = cast("int", score["passed"]), cast("int", score["tried"])
    mark = (
        _("left out") if not tried else _("passed") if passed == tried else _("failed") if not passed else _("partly")
    )
    figure = f"{passed}/{tried}" if tried else ""
    return show.hanging(f"{mark:<9}{figure:>6}  {score['name']!s:<14} ", str(score["detail"])).rstrip()


def print_card(card: JsonObject) -> None:
    """Print a score card for a person."""
    subject = cast("JsonObject", card["subject"])
    print(show.bold(f"{subject['provider']}/{subject['model_id']}"))
    for name, value in _lines(card, subject):
        print(f"  {show.dim(name.ljust(16))} {show.clean(value)}")
    for sentence in cast("list[str]", card["weaknesses"]):
        print(show.hanging("  - ", sentence))


def _lines(card: JsonObject, subject: JsonObject) -> Iterator[tuple[str, str]]:
    rows: dict[str, Json] = {
        _("quantisation"): subject["quantization"],
        _("server"): subject["engine"],
        _("digest"): str(subject["digest"])[:24],
        _("tool calls"): card["tool_protocol"],
        _("safe context"): figures.tokens(card["safe_window_tokens"])
        if card["safe_window_tokens"]
        else _("not found out"),
        _("asks first"): _asks(card["most_risk"]),
        _("reads"): _("{pace} tokens a second").format(pace=figures.pace(card["prefill_tokens_s"])),
        _("writes"): _("{pace} tokens a second").format(pace=figures.pace(card["generation_tokens_s"])),
        _("tried"): show.day(card["at"]),
    }
    yield from ((name, str(value)) for name, value in rows.items() if value)


def _asks(most_risk: Json) -> str:
    words = {
        "read": _("before everything but reading"),
        "reach": _("before it writes, runs or sends anything"),
        "write": _("before it runs or sends anything"),
        "act": _("before it runs programs"),
        "run": _("where the policy says so"),
    }
    return words.get(str(most_risk), _("before every tool"))


def _as_page(line: Line, **only: str) -> int:
    """Print cards as Markdown, as they are: this is for a file."""
    query = urlencode({"format": "markdown", **only})
    print(str(line.get(f"/api/v1/models/cards?{query}")["markdown"]), end="")
    return 0


def _all_cards(line: Line, options: Options) -> int:
    if options.own.markdown:
        return _as_page(line)
    answer = line.get("/api/v1/models/cards")
    if options.as_json:
        show.as_json(answer)
        return 0
    rows = [_card_row(card) for card in cast("list[JsonObject]", answer["cards"])]
    show.table(rows, empty=_("No model was tried yet. Next: homarus models test PROVIDER/ID"))
    return 0


def _card_row(card: JsonObject) -> dict[str, str]:
    subject = cast("JsonObject", card["subject"])
    scores = cast("list[JsonObject]", card["scores"])
    passed, tried = (sum(cast("int", score[key]) for score in scores) for key in ("passed", "tried"))
    return {
        _("model"): f"{subject['provider']}/{subject['model_id']}",
        _("passed"): f"{passed}/{tried}",
        _("tool calls"): str(card["tool_protocol"]),
        _("safe context"): figures.tokens(card["safe_window_tokens"]) if card["safe_window_tokens"] else "",
        _("reads/s"): figures.pace(card["prefill_tokens_s"]),
        _("writes/s"): figures.pace(card["generation_tokens_s"]),
        _("tried"): show.day(card["at"]),
    }


def bench(line: Line, options: Options) -> int:
    """Measure how fast a model reads and writes."""
    if not options.as_json:
        show.warn(
            show.dim(_("Measuring {model}; it waits until nobody else asks it ...").format(model=options.own.model))
        )
    answer = line.post("/api/v1/models/bench", {"model": options.own.model})
    sentence = _("{model} reads {read} and writes {written} tokens a second here.").format(
        model=answer["model"],
        read=figures.pace(answer["prefill_tokens_s"]),
        written=figures.pace(answer["generation_tokens_s"]),
    )
    return show.result(options, answer, sentence)
