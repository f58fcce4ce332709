"""What people are told of servers and models."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homarus.domain.engines import Engine, EngineKind, LoadState, ServedModel
from homarus.domain.inference import ModelRef
from homarus.domain.settings import Settings
from homarus.models.catalog import Candidate, EmbeddedState, catalog
from homarus.models.engines.findings import of_engine, of_model

MODEL = ServedModel(
    model_id="m", state=LoadState.LOADED, window_tokens=4096, abilities=("completion", "tools"), trained_tokens=131_072
)
ENGINE = Engine(
    provider="box",
    kind=EngineKind.LLAMA_SERVER,
    base_url="http://127.0.0.1:8080/v1",
    place="this machine",
    is_local=True,
    is_up=True,
    models=(MODEL,),
)


def candidate(**model: Any) -> Candidate:
    provider = {"baseUrl": ENGINE.base_url, "models": [{"id": "m", **model}]}
    settings = Settings.model_validate({"models": {"mode": "replace", "providers": {"box": provider}}})
    found = catalog(settings, {}, embedded=EmbeddedState(is_usable=False), known={})
    made = found.get(ModelRef(provider="box", model_id="m"))
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (EngineKind.LLAMA_SERVER, "-c 131072"),
        (EngineKind.VLLM, "--max-model-len 131072"),
        (EngineKind.LM_STUDIO, "--context 131072"),
    ],
)
def test_less_context_than_configured_is_said_with_both_figures(kind: EngineKind, step: str) -> None:
    (remark,) = of_model(candidate(contextWindow=131_072), replace(ENGINE, kind=kind))
    assert "configured with 131072 tokens, the server gives 4096" in remark.sentence
    assert step in remark.hint


def test_a_claim_that_ollama_is_not_asked_for_is_no_fault() -> None:
    ollama = replace(ENGINE, kind=EngineKind.OLLAMA)
    native, claim = of_model(candidate(contextWindow=131_072), ollama, window_tokens=32_768)
    assert ("own protocol" in native.sentence, native.is_fault) == (True, False)
    assert ("contextTokens" in claim.hint, claim.is_fault) == (True, False)


def test_v1_of_ollama_is_a_fault_where_the_owner_insists_on_it() -> None:
    found = of_model(candidate(compat={"ollamaNative": False}), replace(ENGINE, kind=EngineKind.OLLAMA))
    assert [(remark.is_fault, "ollamaNative" in remark.hint) for remark in found] == [(True, True)]


def test_a_template_without_tools_is_named() -> None:
    bare = replace(ENGINE, models=(replace(MODEL, abilities=("completion",)),))
    (remark,) = of_model(candidate(), bare)
    assert "no place for tools" in remark.sentence
    assert "homarus models test box/m" in remark.hint


def test_a_model_that_failed_says_why() -> None:
    failed = replace(ENGINE, models=(replace(MODEL, state=LoadState.FAILED, because="exit code 1"),))
    (remark,) = of_model(candidate(), failed)
    assert "exit code 1" in remark.sentence


def test_nothing_is_said_of_what_is_well() -> None:
    assert of_model(candidate(contextWindow=4096), ENGINE) == []
    assert of_engine(ENGINE) == []


def test_a_server_that_is_started_on_demand_is_no_fault_when_it_is_down() -> None:
    down = replace(ENGINE, is_up=False, because="box cannot be reached.")
    assert [remark.is_fault for remark in of_engine(down, is_started_here=True)] == [False]
    assert [remark.is_fault for remark in of_engine(down)] == [True]


def test_a_server_that_loads_says_so() -> None:
    loading = replace(ENGINE, models=(ServedModel(model_id="", state=LoadState.LOADING),))
    assert [(remark.is_fault, "waits" in remark.sentence) for remark in of_engine(loading)] == [(False, True)]


_ROUTED = "Iface Destination Gateway Flags\neth0 00000000 01101CAC 0003\neth0 00101CAC 00000000 0001\n"


@pytest.mark.parametrize(
    ("routes", "host"),
    [
        (_ROUTED, "172.28.16.1:8080"),  # the resolver of WSL need not be Windows, its gateway is
        ("Iface Destination Gateway Flags\n", "host.docker.internal:8080"),
        ("Iface Destination Gateway\neth0 00000000 nonsense\nshort\n", "host.docker.internal:8080"),
        ("", "host.docker.internal:8080"),
    ],
)
def test_wsl_is_told_where_windows_is(routes: str, host: str) -> None:
    def read(path: Path) -> str:
        return routes if path.name == "route" else "5.15.167.4-microsoft-standard-WSL2"

    (remark,) = of_engine(replace(ENGINE, is_up=False, because="box cannot be reached."), read=read)
    assert host in remark.hint
