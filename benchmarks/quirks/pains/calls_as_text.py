"""C3: tool calls that come as text, or get lost."""

from dataclasses import replace

from benchmarks.quirks.claims import ends_in_time, ends_well, never_says, prompts_at_most, says, tells, writes
from benchmarks.quirks.minds import Mind, call_of, calls_then, does, first_then, talks, writes_file
from benchmarks.quirks.pains.words import NOT_DONE
from benchmarks.quirks.scenario import Ask, Claim, Scenario, Side
from homarus.testing.quirks import Quirk, Turn, quirk_named, say

WRITE = Ask(text="Write milk into list.txt")
_FAMILIES = "NousResearch/hermes-agent#106728"
_MILK = call_of("files.write", {"path": "list.txt", "content": "milk"})
_EGGS = call_of("files.write", {"path": "eggs.txt", "content": "eggs"})


def _once(name: str) -> Quirk:
    return replace(quirk_named(name), times=1)


def _shape(name: str, thread: str, quirk: str, about: str) -> Scenario:
    return _written(name, thread, about, quirks=(quirk,), expect="The file is written; no JSON and no tag is shown.")


def _odd(name: str, quirk: str, about: str) -> Scenario:
    return replace(_shape(name, "openclaw/openclaw#122224", quirk, about), is_slow=True)


def _written(
    name: str,
    thread: str,
    about: str,
    *,
    quirks: tuple[str | Quirk, ...] = (),
    mind: Mind | None = None,
    expect: str = "The file is written.",
    more: tuple[Claim, ...] = (),
) -> Scenario:
    return Scenario(
        name=name,
        pain="C3",
        thread=thread,
        about=about,
        expect=expect,
        first=Side(mind=mind or writes_file(), quirks=quirks),
        steps=(WRITE,),
        right=(ends_well(), writes("list.txt", "milk"), prompts_at_most(8), *more),
    )


SCENARIOS = (
    _shape("call-as-json", "openclaw/openclaw#122224", "call_as_json", "A tool call comes as bare JSON in the text."),
    _shape("call-as-fenced", "openclaw/openclaw#8933", "call_as_fenced", "It comes as JSON in a fenced block."),
    _shape("call-as-pythonic", "openclaw/openclaw#99251", "call_as_pythonic", "It comes as Python: `[name(a=1)]`."),
    _shape("call-as-tag", "openclaw/openclaw#55416", "call_as_tag", "It comes between `<tool_call>` tags."),
    _shape("call-as-mistral", _FAMILIES, "call_as_mistral", "It comes as `[TOOL_CALLS]name[ARGS]{...}`."),
    _shape("call-as-mistral-list", _FAMILIES, "call_as_mistral_list", "It comes as `[TOOL_CALLS] [{...}]`."),
    _shape("call-as-qwen-coder", "openclaw/openclaw#8933", "call_as_qwen_coder", "It comes as Qwen3-Coder's XML."),
    _shape("call-as-tool-code", _FAMILIES, "call_as_tool_code", "It comes as Gemma's `tool_code`."),
    _shape("call-as-printed-code", _FAMILIES, "call_as_printed_code", "It comes as Gemma's `print(name(...))`."),
    _shape("call-as-python-tag", _FAMILIES, "call_as_python_tag", "It comes behind Llama's `python_tag` token."),
    _shape("call-as-deepseek", _FAMILIES, "call_as_deepseek", "It comes between DeepSeek's own tokens."),
    _shape("call-as-harmony", "openclaw/openclaw#9956", "call_as_harmony", "It comes as a channel of gpt-oss."),
    _shape("call-as-react", _FAMILIES, "call_as_react", "It comes as `Action:` and `Action Input:`."),
    _shape("call-as-glm", _FAMILIES, "call_as_glm", "It comes as GLM's `<arg_key>` and `<arg_value>`."),
    _shape("call-as-invoke", _FAMILIES, "call_as_invoke", "It comes as MiniMax's `<invoke>`."),
    _shape("call-after-words", _FAMILIES, "call_after_words", "It comes as JSON in a fence after some sentences."),
    _odd("call-as-yaml", "call_as_yaml", "A tool call comes as YAML in a fence."),
    _odd("call-as-attributes", "call_as_attributes", "It comes as a tag of its own, with attributes."),
    _odd("call-in-half-a-tag", "call_as_half_tag", "It comes behind a tag that nothing closes, a brace short."),
    _odd("call-in-book-quotes", "call_as_book_quotes", "It comes as JSON in the quotes of a book."),
    _odd("call-in-a-table", "call_as_table", "It comes in a Markdown table."),
    _odd("call-with-a-namespace", "call_as_namespace", "It is of a tool with a namespace before its name."),
    _written(
        "please-wait",
        "HKUDS/nanobot#2293",
        "The model says that one should wait, and does nothing.",
        quirks=(_once("please_wait"),),
    ),
    Scenario(
        name="please-wait-forever",
        pain="C3",
        thread="HKUDS/nanobot#2293",
        about="The model says that one should wait, however often it is asked.",
        expect="The person is told that nothing was done.",
        first=Side(mind=writes_file(), quirks=("please_wait",)),
        steps=(WRITE,),
        right=(ends_in_time(), prompts_at_most(4), tells(NOT_DONE)),
    ),
    _written(
        "tools-refused",
        "openclaw/openclaw#15702",
        "The server refuses tools (400: does not support tools); the model can write calls as text.",
        quirks=("tools_refused", "call_as_tag"),
    ),
    Scenario(
        name="tools-refused-talk",
        pain="C3",
        thread="openclaw/openclaw#15702",
        about="The server refuses tools (400: does not support tools), and the person only wants to talk.",
        expect="The answer.",
        first=Side(mind=talks("Two and two are four."), quirks=("tools_refused",)),
        steps=(Ask(text="What is two and two?"),),
        right=(ends_well(), says("are four"), prompts_at_most(4)),
    ),
    _written(
        "arguments-cut-once",
        "nugget/thane-ai-agent#218",
        "The arguments of the first call are JSON that ends in the middle.",
        quirks=(_once("truncated_arguments"),),
    ),
    _written(
        "arguments-misnamed",
        "nugget/thane-ai-agent#218",
        "The first call has the arguments `filename` and `text`, which the tool does not know.",
        mind=first_then(
            [Turn(calls=(call_of("files.write", {"filename": "list.txt", "text": "milk"}),))], writes_file()
        ),
    ),
    _written(
        "arguments-of-the-other-shape",
        "openclaw/openclaw#99251",
        "The arguments are an object where text is due.",
        quirks=("arguments_other_shape",),
    ),
    _written("call-ids-missing", "openclaw/openclaw#99251", "Tool calls have no id.", quirks=("missing_call_ids",)),
    _written(
        "call-ids-the-same",
        "openclaw/openclaw#99251",
        "Two calls of one answer have the same id.",
        quirks=("duplicate_call_ids",),
        mind=does(_MILK, _EGGS, then="Both are written."),
        expect="Both files are written.",
        more=(writes("eggs.txt", "eggs"),),
    ),
    _written(
        "call-echoed",
        "openclaw/openclaw#122224",
        "The text repeats the JSON of the call that is really made.",
        quirks=("echo_call",),
    ),
    _written(
        "tool-that-is-not-there",
        "openclaw/openclaw#70736",
        "The first call is of a tool that nobody offered.",
        mind=first_then([Turn(calls=(call_of("do_everything", {"what": "milk"}),))], writes_file()),
    ),
    _written(
        "calls-with-stop",
        "openclaw/openclaw#99251",
        "There is a call, and the finish reason says `stop`.",
        quirks=("calls_with_stop",),
    ),
    Scenario(
        name="same-call-forever",
        pain="C3",
        thread="nugget/thane-ai-agent#218",
        about="After each result the model makes the same call again.",
        expect="It is stopped after a few times, and the person is told.",
        first=Side(mind=lambda: lambda _asked: Turn(calls=(_MILK,))),
        steps=(WRITE,),
        right=(ends_in_time(), prompts_at_most(14), writes("list.txt", "milk")),
        told=(tells(r"again|repeat|same|circle|loop|times|rounds"),),
    ),
    Scenario(
        name="json-that-is-an-answer",
        pain="C3",
        thread="openclaw/openclaw#55416",
        about="The person asks for JSON, and the answer looks a little like a call.",
        expect="The JSON is the answer; nothing is done.",
        first=Side(mind=talks('```json\n{"name": "Lena", "city": "Oslo"}\n```')),
        steps=(Ask(text="Give me a JSON example of a person."),),
        right=(ends_well(), says('"city": "Oslo"'), prompts_at_most(2)),
    ),
    Scenario(
        name="result-that-is-an-error",
        pain="C3",
        thread="openclaw/openclaw#70736",
        about="The model reads a file that is not there, and then says what would be in it.",
        expect="The person sees that the file could not be read.",
        first=Side(
            mind=calls_then(Turn(calls=(call_of("files.read", {"path": "plan.txt"}),)), "I read plan.txt: all is well.")
        ),
        steps=(Ask(text="What does plan.txt say?"),),
        right=(
            ends_in_time(),
            prompts_at_most(6),
            tells(r"plan\.txt.{0,200}(?:no |not |miss|fail)|(?:no |not |fail).{0,80}plan\.txt"),
        ),
    ),
    Scenario(
        name="repeats-itself",
        pain="C3",
        thread="HKUDS/nanobot#2293",
        about="The model repeats two words without end.",
        expect="It is stopped, and the person is told.",
        first=Side(mind=lambda: lambda _asked: say("The moon is " + "bright and " * 3000)),
        steps=(Ask(text="Describe the moon."),),
        right=(ends_in_time(), never_says("(?:bright and ){60}")),
        told=(tells(r"repeat|loop|stopped|stuck"),),
    ),
)
