"""Read the shapes in which models write tool calls as text, each as its family writes it.

Sources: the chat templates of Qwen, Hermes, Llama 3, Mistral v3 to v13, DeepSeek V3 to V3.2, GLM 4.5, Kimi K2, Gemma 3
and 4, Granite, Phi-4, gpt-oss (harmony), LFM2, Seed-OSS, MiniMax M2, Command R; vLLM's and llama.cpp's parsers.
"""

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from homarus.domain.content import Json, JsonObject
from homarus.models.marked import marked

Schemas: TypeAlias = Mapping[str, JsonObject]
"""The parameters of the tools, by the loose form of their names; what is not known is read without."""

_NAMES = ("name", "tool", "tool_name", "function", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "action_input", "tool_input")
_BESIDE = frozenset({"id", "type", "call_id", "tool_call_id", "index"})
_TAGS = "tool_call|function_call|toolcall|tool_calls|function_calls|seed:tool_call|minimax:tool_call|function"
_TAGGED = re.compile(rf"<({_TAGS})>", re.IGNORECASE)
_FUNCTION = re.compile(r"<function=\"?([\w.\-]+)\"?>")
_FUNCTION_END = re.compile(r"</function>")
_PARAMETER = re.compile(r"<parameter=\"?([\w.\-]+)\"?>\n?")
_PARAMETER_END = re.compile(r"\n?</parameter>")
_INVOKE = re.compile(r"<invoke name=\"([\w.\-]+)\">")
_INVOKE_END = re.compile(r"</invoke>")
_INVOKED = re.compile(r"<parameter name=\"([\w.\-]+)\"([^<>]*)>")
_INVOKED_END = re.compile(r"</parameter>")
_DSML = re.compile(r"(</?)\s*[|\uff5c]\s*DSML\s*[|\uff5c]\s*")
_GLM = re.compile(r"<arg_key>([^<]*)</arg_key>\s*<arg_value>\n?")
_GLM_END = re.compile(r"\n?</arg_value>")
_GLM_NAME = re.compile(r"\A([\w.\-]+)\s*(?:\Z|(?=<arg_key>))")
_MISTRAL = re.compile(  # v11 and v13: name[CALL_ID]x[ARGS]{...}, each after [TOOL_CALLS]
    r"\s*+(?P<name>[\w.\-]++)\s*+(?:\[CALL_ID\]\s*+\w++\s*+)?+(?:\[ARGS\])?+\s*+(?=\{)"
)
_DEEPSEEK = re.compile(  # V3 and R1 (`function` first, arguments in a fence), V3.1 (bare), and Kimi K2
    r"<[|\uff5c]tool[_\u2581]call[_\u2581]begin[|\uff5c]>\s*+(?:function<[|\uff5c]tool[_\u2581]sep[|\uff5c]>)?+"
    r"(?P<name>[\w.\-:]++)\s*+(?:<[|\uff5c]tool[_\u2581]sep[|\uff5c]>|<\|tool_call_argument_begin\|>)?+\s*+"
    r"(?:```(?:json)?+)?+\s*+(?=\{)"
)
_DEEPSEEK_END = re.compile(r"<[|\uff5c]tool[_\u2581]call[_\u2581]end[|\uff5c]>")
_HARMONY = re.compile(  # the recipient stands in the channel or in the role
    r"(?:<\|start\|>)?(?:assistant)? ?(?:<\|channel\|> ?(?:commentary|analysis|final)?)? ?"
    r"\bto=(?:functions\.)?(?P<name>[\w.\-]+) ?(?:<\|channel\|> ?\w+)? ?(?:<\|constrain\|>)? ?(?:json)?"
    r"<\|message\|>"
)
_HARMONY_END = re.compile(r"<\|call\|>|<\|end\|>|<\|return\|>|\Z")
_FUNCTIONARY = re.compile(r">>>(?P<name>[\w.\-]++)\n\s*+(?=\{)")
_FUNCTIONARY_END = re.compile(r"(?<=\})\s*+(?=>>>|\Z)")
_NAMED = (
    ("begin", _DEEPSEEK, _DEEPSEEK_END),
    ("<|message|>", _HARMONY, _HARMONY_END),
    (">>>", _FUNCTIONARY, _FUNCTIONARY_END),
)
"""What must stand in a text, and how it is read then."""
_GEMMA = re.compile(r"call:(?P<name>[\w.\-]++)\s*+(?=\{)")
_GEMMA_END = re.compile(r"(?<=\})\s*+(?=call:|\Z)")
_GEMMA_TEXT = re.compile(r"<escape>(.*?)<escape>|<\|\"\|>(.*?)<\|\"\|>", re.DOTALL)
_GEMMA_WRAPS = re.compile(r"<\|tool_call>|<tool_call\|>|</?(?:start|end)_function_call>|<\|?tool_response\|?>")
_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_][\w.\-]*)(\s*):")
_REACT = re.compile(
    r"^[^\S\n]*+\**+Action:\**+\s*+`?(?P<name>[\w.\-]++)`?[^\S\n]*+\n\s*+\**+Action[ _]Input:\**", re.MULTILINE
)
_REACT_END = re.compile(r"^[^\S\n]*+\**+(?:Observation|Thought|Action):", re.MULTILINE)
_WRAPS = re.compile(
    r"<[|\uff5c]/?(?:tool[_\u2581]calls?[_\u2581](?:begin|end|start)|tool_calls_section_(?:begin|end)"
    r"|tools_(?:prefix|suffix)|python_tag|tool_call|tool_calls|eom_id|eot_id|im_end|START_ACTION|END_ACTION"
    r"|end\u2581of\u2581sentence)[|\uff5c]>|</s>|\[/TOOL_CALLS\]",
    re.IGNORECASE,
)
_LEADS = ("[TOOL_CALLS]", "functools", "Action:")
_CODE = re.compile(r"\Aprint\((.*)\)\Z", re.DOTALL)
_FENCE = "```"
_FENCED_AS = re.compile(r"```[\w-]*+[ \t]*+\n?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A call as it was written; nobody has looked whether there is such a tool."""

    name: str
    arguments: JsonObject


def read_calls(text: str, schemas: Schemas) -> list[Written] | None:
    """Return the calls that a text consists of, nothing when it has anything else in it."""
    plain = _unfenced(_DSML.sub(r"\1", text.strip()))
    for shape in (_as_tagged, _as_mistral, _as_named, _as_gemma, _as_react):
        if found := shape(plain, schemas):
            return found
    bare = _WRAPS.sub("", plain).strip()
    for lead in _LEADS:
        bare = bare.removeprefix(lead).strip()
    bare = _unfenced(bare)
    for shape in _BARE:
        if found := shape(bare, schemas):
            return found
    return None


def _unfenced(text: str) -> str:
    """Return what stands in a fence that is around the whole of a text."""
    opening = _FENCED_AS.match(text)
    if opening is None or not text.endswith(_FENCE) or len(text) < 2 * len(_FENCE):
        return text
    return text[opening.end() : -len(_FENCE)].strip()


def loose(name: str) -> str:
    """Return a name without what models and templates change about it: dots, dashes, case, a prefix, a number."""
    bare = name.partition("<|")[0].casefold().strip().removesuffix("()").rpartition("::")[2]
    bare = bare.removeprefix("functions.").removeprefix("default_api.").removeprefix("tools.")
    bare = re.sub(r":\d+\Z|\.call\Z", "", bare) if ":" in bare or bare.count(".") > 1 else bare
    return re.sub(r"[._\-\s]+", "", bare)


# --- with marks ---------------------------------------------------------------------------------------------------


def _as_tagged(text: str, schemas: Schemas) -> list[Written] | None:
    found = marked(text, _TAGGED, _closing, is_open_ended=True)
    if not found.pieces or found.rest.strip():
        return None
    calls: list[Written] = []
    for piece in found.pieces:
        body = piece.body.strip()
        inside = next((made for shape in _INSIDE if (made := shape(body, schemas))), None)
        if not inside:
            return None
        calls += inside
    return calls


def _closing(opening: re.Match[str]) -> re.Pattern[str]:
    return re.compile(f"</{opening[1]}>", re.IGNORECASE)


def _as_function(text: str, schemas: Schemas) -> list[Written] | None:
    found = marked(text, _FUNCTION, _FUNCTION_END, is_open_ended=True)
    if not found.pieces or found.rest.strip():
        return None
    calls: list[Written] = []
    for piece in found.pieces:
        name, body = piece.opening[1], piece.body
        given = {one.opening[1]: one.body for one in marked(body, _PARAMETER, _PARAMETER_END).pieces}
        parameters = typed(name, given, schemas)
        if not parameters and body.strip():
            loaded = _loaded(body)
            if not isinstance(loaded, dict):
                return None
            parameters = loaded
        calls.append(Written(name=name, arguments=parameters))
    return calls


def _as_invoked(text: str, schemas: Schemas) -> list[Written] | None:
    found = marked(text, _INVOKE, _INVOKE_END)
    if not found.pieces or found.rest.strip():
        return None
    calls: list[Written] = []
    for piece in found.pieces:
        name, given = piece.opening[1], marked(piece.body, _INVOKED, _INVOKED_END).pieces
        as_text = {one.opening[1] for one in given if 'string="true"' in one.opening[2]}
        values = {one.opening[1]: one.body for one in given}
        calls.append(Written(name=name, arguments=typed(name, values, schemas, as_text=as_text)))
    return calls


def _as_glm(text: str, schemas: Schemas) -> list[Written] | None:
    named = _GLM_NAME.match(text)
    if named is None:
        return None
    found = marked(text[named.end() :], _GLM, _GLM_END)
    if found.rest.strip():
        return None
    given = {one.opening[1].strip(): one.body for one in found.pieces}
    return [Written(name=named[1], arguments=typed(named[1], given, schemas))]


def _as_mistral(text: str, schemas: Schemas) -> list[Written] | None:
    del schemas
    first, *pieces = _WRAPS.sub("", text).split("[TOOL_CALLS]")
    if first.strip() or not pieces:
        return None
    calls: list[Written] = []
    for piece in pieces:
        named = _MISTRAL.match(piece)
        call = _with_arguments(named["name"], piece[named.end() :]) if named else None
        if call is None:
            return None
        calls.append(call)
    return calls


def _as_named(text: str, schemas: Schemas) -> list[Written] | None:
    del schemas
    for word, opening, closing in _NAMED:
        if word not in text:
            continue
        found = marked(text, opening, closing)
        if not found.pieces or _WRAPS.sub("", found.rest).strip():
            continue
        calls = [_with_arguments(one.opening["name"], one.body) for one in found.pieces]
        if all(calls):
            return [call for call in calls if call]
    return None


def _with_arguments(name: str, raw: str) -> Written | None:
    body = raw.strip().removesuffix(_FENCE).strip()
    loaded: Json = _loaded(body) if body else {}
    return Written(name=name, arguments=loaded) if isinstance(loaded, Mapping) else None


def _as_gemma(text: str, schemas: Schemas) -> list[Written] | None:
    del schemas
    plain = _GEMMA_WRAPS.sub("", text).strip() if "call:" in text else ""
    found = marked(plain, _GEMMA, _GEMMA_END)
    if not found.pieces or found.rest.strip():
        return None
    calls: list[Written] = []
    for piece in found.pieces:
        loaded = _loaded(_gemma_json(piece.body))
        if not isinstance(loaded, Mapping):
            return None
        calls.append(Written(name=piece.opening["name"], arguments=loaded))
    return calls


def _gemma_json(body: str) -> str:
    """Return Gemma's own notation as JSON: texts between marks, keys without quotes."""
    texts: list[str] = []

    def keep(match: re.Match[str]) -> str:
        texts.append(json.dumps(match.group(1) if match.group(1) is not None else match.group(2)))
        return f"\x00{len(texts) - 1}\x00"

    bare = _GEMMA_TEXT.sub(keep, body.replace("\x00", ""))
    quoted = _BARE_KEY.sub(r'\1"\2"\3:', bare)
    return re.sub(r"\x00(\d+)\x00", lambda match: texts[int(match.group(1))], quoted)


def _as_react(text: str, schemas: Schemas) -> list[Written] | None:
    """Read `Action:` and `Action Input:`; what a model imagines as the observation is dropped."""
    match = _REACT.search(text) if "Action" in text else None
    if match is None or (text[: match.start()].strip() and not text.startswith("Thought:")):
        return None
    ended = _REACT_END.search(text, match.end())
    body = text[match.end() : ended.start() if ended else len(text)].strip()
    body = body.removeprefix("```json").strip().strip("`").strip()
    name = match["name"]
    loaded: Json = _loaded(body) if body and body != "None" else {}
    if isinstance(loaded, Mapping):
        return [Written(name=name, arguments=loaded)]
    only = _only_argument(name, schemas)
    return [Written(name=name, arguments={only: body.strip("\"'")})] if only else None


# --- without ------------------------------------------------------------------------------------------------------


def _as_json(text: str, schemas: Schemas) -> list[Written] | None:
    loaded = _loaded(text)
    if loaded is None:
        lines = [_loaded(line) for line in text.splitlines() if line.strip()]
        loaded = lines if len(lines) > 1 else None
    if isinstance(loaded, Mapping) and isinstance(loaded.get("tool_calls"), list):
        loaded = cast("Mapping[str, Json]", loaded)["tool_calls"]
    items = loaded if isinstance(loaded, list) else [loaded]
    calls = [call_of(item, schemas) for item in items]
    return [call for call in calls if call] if calls and all(calls) else None


def call_of(item: Json, schemas: Schemas) -> Written | None:
    """Return the call that an object is, under whatever names its tool and its arguments stand."""
    if not isinstance(item, Mapping):
        return None
    inner = item.get("function")
    if isinstance(inner, Mapping):
        return call_of(inner, schemas)
    name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None)
    if not isinstance(name, str):
        return _keyed(item, schemas)
    raw = next((item[key] for key in _ARGUMENTS if key in item), None)
    extra = set(item) - {*_NAMES, *_ARGUMENTS, *_BESIDE}
    if raw is None:
        return None if extra else Written(name=name, arguments={})
    arguments = _loaded(raw) if isinstance(raw, str) else raw
    return Written(name=name, arguments=arguments) if isinstance(arguments, Mapping) and not extra else None


def _keyed(item: Mapping[str, Json], schemas: Schemas) -> Written | None:
    """Read `{"memory.save": {"text": "a"}}`, where the only key is a tool."""
    if len(item) != 1:
        return None
    ((name, arguments),) = item.items()
    return (
        Written(name=name, arguments=arguments) if loose(name) in schemas and isinstance(arguments, Mapping) else None
    )


def _as_python(text: str, schemas: Schemas) -> list[Written] | None:
    printed = _CODE.match(text)
    try:
        tree = ast.parse(printed.group(1).strip() if printed else text.removeprefix("tool_code\n"), mode="exec")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    nodes: list[ast.expr] = []
    for line in tree.body:
        if not isinstance(line, ast.Expr):
            return None
        value = _unprinted(line.value)
        nodes += value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    calls = [_call_of_node(node, schemas) for node in nodes]
    return [call for call in calls if call] if calls and all(calls) else None


def _unprinted(node: ast.expr) -> ast.expr:
    is_print = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    return node.args[0] if is_print and isinstance(node, ast.Call) and len(node.args) == 1 else node


def _call_of_node(node: ast.expr, schemas: Schemas) -> Written | None:
    if not isinstance(node, ast.Call) or not (name := _dotted(node.func)):
        return None
    places = _places(name, schemas)
    if len(node.args) > len(places):
        return None
    try:
        arguments = {place: ast.literal_eval(value) for place, value in zip(places, node.args, strict=False)}
        arguments |= {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
        arguments = cast("dict[str, Json]", json.loads(json.dumps(arguments, allow_nan=False)))
    except (ValueError, TypeError, RecursionError):
        return None
    is_whole = len(arguments) == len(node.keywords) + len(node.args)
    return Written(name=name, arguments=arguments) if is_whole else None


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


# --- values -------------------------------------------------------------------------------------------------------


def _places(name: str, schemas: Schemas) -> Sequence[str]:
    """Return the arguments that a value without a name can stand for: only where there is no choice."""
    only = _only_argument(name, schemas)
    return (only,) if only else ()


def _only_argument(name: str, schemas: Schemas) -> str:
    required = schemas.get(loose(name), {}).get("required")
    names = [one for one in required if isinstance(one, str)] if isinstance(required, list | tuple) else []
    return names[0] if len(names) == 1 else ""


def typed(
    name: str, found: Mapping[str, str], schemas: Schemas, *, as_text: frozenset[str] | set[str] = frozenset()
) -> dict[str, Json]:
    """Return values that came as text: where text is due they stay exactly as they were written."""
    properties = schemas.get(loose(name), {}).get("properties")
    known: Mapping[str, Json] = properties if isinstance(properties, Mapping) else {}
    return {key: value if key in as_text or _is_text(known.get(key)) else _value(value) for key, value in found.items()}


def _is_text(schema: Json) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "string"


def _loaded(text: str) -> Json:
    try:
        return cast("Json", json.loads(text))
    except (ValueError, RecursionError):
        return None


def _value(text: str) -> Json:
    """Return a value: JSON where it is JSON, else the text as it stands."""
    loaded = _loaded(text)
    return text if loaded is None else loaded


_Shape: TypeAlias = Callable[[str, Schemas], "list[Written] | None"]
_INSIDE: tuple[_Shape, ...] = (_as_json, _as_function, _as_invoked, _as_glm, _as_python)
_BARE: tuple[_Shape, ...] = (_as_function, _as_invoked, _as_json, _as_python)
