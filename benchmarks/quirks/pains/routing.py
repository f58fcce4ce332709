"""C15: which model answers what, and why: wishes of people who have a small model, a coder and one that sees."""

import base64

from benchmarks.quirks.claims import (
    Claim,
    claim,
    ends_well,
    never_says,
    prompts_at_most,
    said_json,
    says,
    second_is_never_asked,
    tells_now,
    told_as,
)
from benchmarks.quirks.minds import talks
from benchmarks.quirks.scenario import Ask, Command, Scenario, Seen, Side, Step

_SMALL = Side(mind=talks("The small model answers."), model="small-3b")
_CODER = Side(mind=talks("The coder answers."), model="coder-30b")
_ALIASES = {"first_alias": "small", "second_alias": "coder"}
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC"
)


def _asks(*words: str) -> Command:
    return Command(words=("ask", "--json", *words, "Write a sorting function."))


def _answers(model: str, because: str) -> tuple[Claim, ...]:
    """Claim which model answered and the reason that is given for it."""
    return (told_as("route.model", f'^"{model}"$'), told_as("route.because", because))


def _only_second(seen: Seen) -> bool:
    return (
        not seen.first.prompts
        and bool(seen.second.prompts)
        and all(prompt.body.get("model") == _CODER.model for prompt in seen.second.prompts)
    )


def _routed(name: str, thread: str, about: str, expect: str, *steps: Step, right: tuple[Claim, ...]) -> Scenario:
    return Scenario(
        name=name,
        pain="C15",
        thread=thread,
        about=about,
        expect=expect,
        first=_SMALL,
        second=_CODER,
        settings=_ALIASES,
        steps=steps,
        right=(ends_well(), *right),
    )


def _fails_at_the_name(seen: Seen) -> bool:
    error = said_json(seen)
    return seen.last.code != 0 and isinstance(error, dict) and "error" in error


SCENARIOS = (
    _routed(
        "first-model-says-why",
        "openclaw/openclaw#7216",
        "Two models on two servers, and nobody says which one is meant.",
        "The first one answers, and the answer says which one it was and why.",
        _asks(),
        right=(*_answers("first/small-3b", "first model"), told_as("text", "small model"), second_is_never_asked()),
    ),
    _routed(
        "alias-for-one-message",
        "openclaw/openclaw#41715",
        "A short name for each of two models, and one message that wants the other one.",
        "The other one answers this message, only it is asked, and the answer says why.",
        _asks("-m", "coder"),
        right=(
            *_answers("second/coder-30b", "You chose it for this message"),
            told_as("text", "The coder answers"),
            claim("only the coder is asked", _only_second),
        ),
    ),
    _routed(
        "alias-in-the-chat",
        "openclaw/openclaw#22588",
        "A person writes `/model coder` into the conversation, asks, and goes back with `/model default`.",
        "The coder answers in between, the small one afterwards, and each answer says why.",
        Ask(text="/model coder"),
        _asks(),
        Ask(text="/model default"),
        _asks(),
        right=(
            told_as("route.model", "second/coder-30b", turn=1),
            told_as("route.because", "You chose it for this session", turn=1),
            *_answers("first/small-3b", "first model"),
            prompts_at_most(1),
        ),
    ),
    Scenario(
        name="pictures-go-where-they-are-seen",
        pain="C15",
        thread="openclaw/openclaw#7216",
        about="The first model cannot see; another one is named for pictures.",
        expect="The message with a picture goes to the one that sees, the next one to the first again.",
        first=_SMALL,
        second=Side(mind=talks("I see a grey square."), model="eye-8b", sees=True),
        settings={"image_model": "second/eye-8b"},
        files={"square.png": _PICTURE},
        steps=(
            Command(words=("ask", "--json", "--file", "{{ workspace }}/square.png", "What is this?")),
            Command(words=("ask", "--json", "--session", "other", "What is two and two?")),
        ),
        right=(
            ends_well(),
            told_as("route.model", "second/eye-8b", turn=0),
            told_as("route.because", "see|picture|image", turn=0),
            told_as("text", "grey square", turn=0),
            *_answers("first/small-3b", "first model"),
            claim("the picture arrives", lambda seen: "image" in seen.second.prompts[0].text),
        ),
    ),
    Scenario(
        name="an-agents-own-model",
        pain="C15",
        thread="openclaw/openclaw#22588",
        about="A second agent has a model of its own.",
        expect="Its messages go to that one, and to no other.",
        first=_SMALL,
        second=_CODER,
        settings={"coder_model": "second/coder-30b"},
        steps=(_asks("--agent", "coder"),),
        right=(
            ends_well(),
            *_answers("second/coder-30b", "this agent's first model"),
            claim("only the coder is asked", _only_second),
        ),
    ),
    Scenario(
        name="unknown-name",
        pain="C15",
        thread="openclaw/openclaw#41715",
        about="A person mistypes the name of a model.",
        expect="The names that are near, and no other model answers silently.",
        first=_SMALL,
        second=_CODER,
        settings=_ALIASES,
        steps=(Ask(text="Hello."), _asks("-m", "codr")),
        right=(
            ends_well(0),
            says("small model", turn=0),
            claim("the command ends with an error", _fails_at_the_name),
            never_says("The coder answers"),
            second_is_never_asked(),
            prompts_at_most(1),
        ),
        told=(tells_now("coder-30b|coder"),),
    ),
    Scenario(
        name="unknown-name-in-the-chat",
        pain="C15",
        thread="openclaw/openclaw#22588",
        about="A person mistypes the name of a model in `/model`.",
        expect="The names that are near, and the conversation stays with its model.",
        first=_SMALL,
        second=_CODER,
        settings=_ALIASES,
        steps=(Ask(text="/model codr"), _asks()),
        right=(ends_well(), *_answers("first/small-3b", "first model"), second_is_never_asked()),
        told=(claim("the person is told the name that is near", lambda seen: "coder" in seen.turns[0].shown),),
    ),
)
