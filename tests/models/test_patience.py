from homarus.domain.content import user
from homarus.domain.inference import ModelRef, ModelRequest
from homarus.domain.labels import OWNER
from homarus.models.patience import limits
from homarus.models.providers import HURRY, LOCAL_PATIENCE


def asking(chars: int) -> ModelRequest:
    return ModelRequest(model=ModelRef(provider="lab", model_id="m"), messages=(user("x" * chars, OWNER),))


def test_a_hung_server_costs_a_minute_at_most_while_another_model_is_ready() -> None:
    unknown = limits(LOCAL_PATIENCE, asking(3_300), prefill_tokens_s=None, in_hurry=True)
    quick = limits(LOCAL_PATIENCE, asking(3_300), prefill_tokens_s=500, in_hurry=True)
    assert unknown.first_byte_s == HURRY.first_byte_s == 60
    assert quick.first_byte_s == 20


def test_a_slow_reader_is_not_taken_for_a_hung_one() -> None:
    slow = limits(LOCAL_PATIENCE, asking(33_000), prefill_tokens_s=50, in_hurry=True)
    alone = limits(LOCAL_PATIENCE, asking(330_000), prefill_tokens_s=50, in_hurry=False)
    assert slow.first_byte_s > 2 * 200
    assert alone.first_byte_s > 2 * 2_000


def test_without_a_figure_the_usual_limits_stand() -> None:
    assert limits(LOCAL_PATIENCE, asking(10), prefill_tokens_s=None, in_hurry=False) is LOCAL_PATIENCE
