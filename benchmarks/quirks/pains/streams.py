"""C4: streams and grammars that break."""

from dataclasses import replace

from benchmarks.quirks.claims import (
    Claim,
    ends_in_time,
    ends_well,
    fails_honestly,
    prompts_at_most,
    says,
    tells,
    writes,
)
from benchmarks.quirks.minds import talks, writes_file
from benchmarks.quirks.pains.calls_as_text import WRITE
from benchmarks.quirks.pains.words import NOT_DONE
from benchmarks.quirks.scenario import Ask, Scenario, Side
from homarus.testing.quirks import Quirk, quirk_named

_SENTENCE = "Zwölf Kühe - vierzig Äpfel; two and two are four."
_SUM = Ask(text="What is two and two?")


def _written(name: str, thread: str, about: str, *quirks: str | Quirk, more: tuple[Claim, ...] = ()) -> Scenario:
    return Scenario(
        name=name,
        pain="C4",
        thread=thread,
        about=about,
        expect="The file is written.",
        first=Side(mind=writes_file(), quirks=quirks),
        steps=(WRITE,),
        right=(ends_well(), writes("list.txt", "milk"), prompts_at_most(8), *more),
    )


def _heard(name: str, thread: str, about: str, *quirks: str) -> Scenario:
    return Scenario(
        name=name,
        pain="C4",
        thread=thread,
        about=about,
        expect="The whole answer, every letter.",
        first=Side(mind=talks(_SENTENCE), quirks=quirks),
        steps=(_SUM,),
        right=(ends_well(), says("Zwölf Kühe - vierzig Äpfel; two and two are four"), prompts_at_most(2)),
    )


SCENARIOS = (
    _written(
        "pattern-refused",
        "openclaw/openclaw#110688",
        "llama.cpp refuses all tools (400) when one of them has a `pattern`.",
        "pattern_refused",
    ),
    _written(
        "schema-refused",
        "openclaw/openclaw#107824",
        "The server refuses all tools (400) when a schema has more than types, properties and enums.",
        "schema_refused",
    ),
    _written(
        "formats-refused",
        "openclaw/openclaw#107824",
        "The server refuses output shaped by a schema or a grammar (400); the model writes calls as JSON.",
        "formats_refused",
        "call_as_json",
    ),
    _written(
        "grammar-fails-open",
        "openclaw/openclaw#110688",
        "Tools are refused, and a grammar is taken and not followed: the call comes in a fence after words.",
        "tools_refused",
        "call_after_words",
    ),
    Scenario(
        name="arguments-empty-when-streamed",
        pain="C4",
        thread="openclaw/openclaw#69672",
        about="Streamed calls have no arguments (SGLang); asked for in one piece they have.",
        expect="The file is written, or the person is told that it was not.",
        first=Side(mind=writes_file(), quirks=("empty_arguments_streamed",)),
        steps=(WRITE,),
        right=(ends_in_time(), prompts_at_most(14), tells(NOT_DONE | "I wrote milk into list.txt")),
        told=(tells(NOT_DONE | "I wrote milk into list.txt"),),
    ),
    _written(
        "calls-dropped-once",
        "openclaw/openclaw#87687",
        "The finish reason says `tool_calls` and there are none: the parser lost them after the reasoning.",
        replace(quirk_named("drops_calls"), times=1),
    ),
    Scenario(
        name="calls-dropped-always",
        pain="C4",
        thread="openclaw/openclaw#87687",
        about="The same, every time.",
        expect="No success is reported; the person is told.",
        first=Side(mind=writes_file(), quirks=("drops_calls",)),
        steps=(WRITE,),
        right=(fails_honestly(), prompts_at_most(5)),
        told=(tells(NOT_DONE | "no answer|call|tool"),),
    ),
    _written(
        "call-streamed", "openclaw/openclaw#5769", "Calls come in pieces of the stream (Ollama, vLLM).", "comments"
    ),
    _heard("letters-cut", "openclaw/openclaw#9956", "Pieces of seven bytes, which cut letters in two.", "split_utf8"),
    _heard("lines-mixed", "openclaw/openclaw#9956", "Lines end in three ways, with comments between.", "crlf_mix"),
    _heard("giant-line", "openclaw/openclaw#9956", "A line of 300 kB, and then everything at once.", "giant_line"),
    _heard("nan", "openclaw/openclaw#9956", "NaN stands where a number is due, which is not JSON.", "nan"),
    _heard("no-end-mark", "openclaw/openclaw#100460", "The finish reason comes, `[DONE]` does not.", "missing_done"),
    Scenario(
        name="system-refused",
        pain="C4",
        thread="NousResearch/hermes-agent#106728",
        about="The template has no place for a system message, and the server refuses it (400, older Gemma).",
        expect="The answer all the same.",
        first=Side(mind=talks("Two and two are four."), quirks=("system_refused",)),
        steps=(_SUM,),
        right=(ends_well(), says("are four"), prompts_at_most(4)),
    ),
    _written(
        "roles-must-alternate",
        "NousResearch/hermes-agent#106728",
        "The template wants user and assistant in turn, and the server refuses anything else (400, Mistral).",
        "roles_must_alternate",
    ),
    Scenario(
        name="login-page",
        pain="C4",
        thread="openclaw/openclaw#9956",
        about="A proxy answers with its login page, with status 200.",
        expect="A sentence that says that this is no answer of a model, and no HTML.",
        first=Side(mind=talks("Four."), quirks=("html_200",)),
        steps=(_SUM,),
        right=(fails_honestly(), prompts_at_most(4)),
        told=(tells(r"page|HTML|proxy|address|not (?:the|a) (?:protocol|answer|model)|understand|expected"),),
    ),
    Scenario(
        name="garbage",
        pain="C4",
        thread="openclaw/openclaw#9956",
        about="Bytes that mean nothing, with status 200.",
        expect="A sentence that says so.",
        first=Side(mind=talks("Four."), quirks=("garbage_200",)),
        steps=(_SUM,),
        right=(fails_honestly(), prompts_at_most(4)),
        told=(tells(r"understand|read|not (?:the|a|JSON)|protocol|expected|answer"),),
    ),
)
