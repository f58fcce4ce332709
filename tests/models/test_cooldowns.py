from dataclasses import replace

from homarus.domain.engines import Engine, EngineKind
from homarus.domain.errors import Failure
from homarus.domain.inference import ModelRef
from homarus.models.cooldowns import Cooldowns
from homarus.models.engines.changes import Change

REF = ModelRef(provider="x", model_id="m")


def test_pauses_grow_and_an_answer_ends_them() -> None:
    now = [0.0]
    cooldowns = Cooldowns(lambda: now[0])
    pauses: list[float] = []
    for _ in range(4):
        cooldowns.failed(REF, Failure.SERVER_DOWN)
        pauses.append(cooldowns.left_s(REF))
        now[0] += pauses[-1]
        assert cooldowns.left_s(REF) == 0
    assert pauses == [30.0, 60.0, 300.0, 300.0]
    cooldowns.answered(REF)
    cooldowns.failed(REF, Failure.SERVER_DOWN)
    assert cooldowns.left_s(REF) == 30.0


def test_what_is_not_the_servers_fault_costs_no_pause() -> None:
    cooldowns = Cooldowns(lambda: 0.0)
    cooldowns.failed(REF, Failure.CONTEXT_OVERFLOW)
    assert cooldowns.left_s(REF) == 0


def test_an_unpaid_bill_rests_longer_and_a_server_may_ask_for_more() -> None:
    cooldowns = Cooldowns(lambda: 0.0)
    cooldowns.failed(REF, Failure.BILLING)
    assert cooldowns.left_s(REF) == 600.0
    other = ModelRef(provider="x", model_id="n")
    cooldowns.failed(other, Failure.RATE_LIMITED, retry_after_s=120)
    assert cooldowns.left_s(other) == 120.0


def test_a_server_that_is_started_again_is_asked_at_once() -> None:
    away: list[str] = []
    cooldowns = Cooldowns(lambda: 0.0, on_away=away.append)
    unpaid, elsewhere = replace(REF, model_id="dear"), replace(REF, provider="y")
    cooldowns.failed(REF, Failure.SERVER_DOWN)
    cooldowns.failed(unpaid, Failure.BILLING)
    cooldowns.failed(elsewhere, Failure.SERVER_DOWN)

    down = Engine(
        provider="x",
        kind=EngineKind.VLLM,
        base_url="http://127.0.0.1:8000",
        place="this machine",
        is_local=True,
        is_up=False,
    )
    cooldowns.noticed(Change(engine=down, before=None))
    assert cooldowns.left_s(REF) == 30.0
    cooldowns.noticed(Change(engine=replace(down, is_up=True), before=down))
    assert [cooldowns.left_s(ref) for ref in (REF, unpaid, elsewhere)] == [0.0, 600.0, 30.0]
    assert away == ["x", "y"]
