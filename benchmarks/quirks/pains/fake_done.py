"""C22: says done, did nothing."""

from dataclasses import replace

from benchmarks.quirks.claims import (
    claim,
    ends_in_time,
    ends_well,
    never_shows,
    never_writes,
    prompts_at_most,
    says,
    tells,
    writes,
)
from benchmarks.quirks.minds import call_of, calls_then, first_then, talks, writes_file
from benchmarks.quirks.pains.calls_as_text import WRITE
from benchmarks.quirks.pains.words import NOT_DONE
from benchmarks.quirks.scenario import Ask, Scenario, Side
from homarus.testing.quirks import Turn, say

_TASK = "openclaw/openclaw#70736"
_INVENTS = "HKUDS/nanobot#4279"


def _claims(name: str, thread: str, said: str, *, asked: str = "Write milk into list.txt") -> Scenario:
    return Scenario(
        name=name,
        pain="C22",
        thread=thread,
        about=f"No tool is called, and the model says: {said!r}, however often it is asked.",
        expect="The person is told that nothing of the kind happened.",
        first=Side(mind=talks(said)),
        steps=(Ask(text=asked),),
        right=(ends_in_time(), never_writes("list.txt"), prompts_at_most(4), tells(NOT_DONE)),
        told=(tells(NOT_DONE),),
    )


_ODD = {
    "Write milk into list.txt": "\u2705 list.txt",
    "Write milk into list.txt, please": "milk is now in list.txt.",
    "Schreib milk in list.txt": "Hab ich gemacht.",
    "Scrivi milk in list.txt": "Fatto! Ho scritto milk in list.txt.",
}
"""What is asked, and what is said of it."""

SCENARIOS = (
    Scenario(
        name="claims-once",
        pain="C22",
        thread=_TASK,
        about="The model says that it wrote the file without calling a tool; asked again, it does.",
        expect="The file is written.",
        first=Side(mind=first_then([say("I have written milk into list.txt.")], writes_file())),
        steps=(WRITE,),
        right=(ends_well(), writes("list.txt", "milk"), prompts_at_most(5)),
    ),
    _claims("claims-always", _TASK, "I have written milk into list.txt for you."),
    _claims("claims-passive", _TASK, "Done! The file list.txt has been created."),
    _claims("claims-casually", _INVENTS, "All set, I went ahead and saved it to list.txt."),
    _claims(
        "claims-in-german",
        _INVENTS,
        "Erledigt, ich habe list.txt angelegt.",
        asked="Schreib milk in die Datei list.txt",
    ),
    *(
        replace(_claims(f"claims-oddly-{number}", _INVENTS, said, asked=asked), is_slow=True)
        for number, (asked, said) in enumerate(_ODD.items(), 1)
    ),
    _claims(
        "claims-a-reminder",
        _INVENTS,
        "Your reminder to call Lena is set for noon tomorrow.",
        asked="Remind me at noon tomorrow to call Lena",
    ),
    _claims("claims-output", _TASK, "I ran whoami. The output is: root", asked="Run whoami and tell me the output."),
    _claims(
        "claims-a-mail",
        _INVENTS,
        "I've sent the email to Lena.",
        asked="Send Lena an email that I am late.",
    ),
    Scenario(
        name="claims-after-a-refusal",
        pain="C22",
        thread="nugget/thane-ai-agent#218",
        about="The tool refuses to write outside of the workspace, and the model says that it is done.",
        expect="The person is told that it was not done.",
        first=Side(
            mind=calls_then(
                Turn(calls=(call_of("files.write", {"path": "../../outside.txt", "content": "milk"}),)),
                "I wrote milk into ../../outside.txt.",
            )
        ),
        steps=(Ask(text="Write milk into ../../outside.txt"),),
        right=(
            ends_in_time(),
            prompts_at_most(8),
            claim("nothing is written there", lambda seen: not (seen.workspace / "../../outside.txt").exists()),
            tells(NOT_DONE | "outside|refused"),
        ),
        told=(tells(NOT_DONE | "refused"),),
    ),
    Scenario(
        name="no-false-alarm",
        pain="C22",
        thread=_TASK,
        about="The person asks how something is done, and the answer describes it.",
        expect="The answer, without any mark.",
        first=Side(mind=talks("You can write a file in Python with open('list.txt', 'w') and then write to it.")),
        steps=(Ask(text="How do I write a file in Python?"),),
        right=(ends_well(), says("write a file in Python"), never_shows(NOT_DONE), prompts_at_most(1)),
    ),
)
