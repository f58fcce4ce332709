import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json
from homarus.domain.settings import Settings
from homarus.state.config.files import Remembered
from homarus.state.config.listing import rows
from homarus.state.config.openclaw import is_known
from homarus.state.config.problems import Severity
from homarus.state.config.reading import Ask, Reading, read
from homarus.state.config.schema import leaves
from homarus.state.config.shape import RENAMES

ReadText = Callable[..., Reading]

_NAMES = sorted(
    {step for leaf in leaves(Settings) for step in leaf.path}
    | {step for old, _new in RENAMES for step in old.split(".")}
    | {"$include", "env", "vars", "secrets", "source", "id", "mode", "sandbox", "dangerouslyX"}
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_VALUES: st.SearchStrategy[Json] = st.recursive(
    _SCALARS | st.sampled_from(["${A}", "$${A}", "full", "off", "a/b", "http://x", "env", "exec"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=5), _VALUES)
def test_whatever_stands_in_the_files_becomes_settings_or_problems(owner: dict[str, Json], ui: Json) -> None:
    files = (Path("/nowhere/homarus.json5"), Path("/nowhere/homarus.ui.json5"))
    texts = {files[0]: json.dumps(owner), files[1]: json.dumps(ui)}

    reading = read(Ask(home=Path("/nowhere"), files=files), Remembered(texts))

    has_error = any(problem.severity is Severity.ERROR for problem in reading.problems)
    assert has_error == (reading.settings is None)
    assert all(problem.sentence and problem.hint for problem in reading.problems)
    assert reading.settings is None or list(rows(reading.settings, reading.tree, reading.extra))


def test_what_pages_wrote_lies_over_what_the_owner_wrote(read_text: ReadText) -> None:
    reading = read_text(
        "{agents: {list: [{id: 'a', model: 'p/m'}]}, gateway: {port: 1}}",
        ui='{"agents": {"entries": {"a": {"model": {"primary": "p/n"}}}}}',
    )

    assert reading.settings
    assert reading.settings.agents.entries["a"].model
    assert reading.settings.agents.entries["a"].model.primary == "p/n"
    assert reading.settings.gateway.port == 1


def test_no_setting_of_ours_counts_as_unused() -> None:
    ours = [leaf.path for leaf in leaves(Settings) if not {"[]", "*"} & set(leaf.path)]

    assert [path for path in ours if is_known(path) and path[0] != "memory"] == []


def test_a_whole_openclaw_file_of_the_older_kind_works(read_text: ReadText) -> None:
    reading = read_text(
        """{
          // an older OpenClaw
          meta: {lastTouchedVersion: '2026.2.26'},
          env: {vars: {OPENROUTER_API_KEY: 'sk-or'}},
          agents: {
            defaults: {workspace: '~/.openclaw/workspace', model: {primary: 'ollama/qwen3:8b', fallbacks: ['or/x']},
              models: {'ollama/qwen3:8b': {alias: 'q'}}, maxConcurrent: 4, compaction: {mode: 'safeguard'},
              heartbeat: {every: '30m'}, subagents: {maxConcurrent: 8}, blockStreamingDefault: 'off'},
            list: [{id: 'main', default: true, identity: {name: 'Claw', emoji: 'x', theme: 't'}, groupChat: {}}],
          },
          models: {mode: 'merge', providers: {
            ollama: {baseUrl: 'http://127.0.0.1:11434', apiKey: 'ollama-local', api: 'ollama', models: []},
            or: {baseUrl: 'https://openrouter.ai/api/v1', apiKey: '${OPENROUTER_API_KEY}', models: [{id: 'x'}]}}},
          messages: {ackReactionScope: 'group-mentions'},
          commands: {native: 'auto', restart: true},
          channels: {whatsapp: {dmPolicy: 'pairing'}, telegram: {enabled: true, botToken: 't', streamMode: 'partial'}},
          gateway: {port: 18789, mode: 'local', bind: 'loopback', auth: {mode: 'token', token: 'abc'},
            tailscale: {mode: 'off'}},
          skills: {install: {nodeManager: 'npm'}}, plugins: {entries: {telegram: {enabled: true}}},
          tools: {web: {search: {enabled: true}}, exec: {security: 'allowlist', ask: 'on-miss'}},
          bindings: [{agentId: 'main', match: {channel: 'whatsapp'}}],
        }"""
    )

    assert {problem.severity for problem in reading.problems} == {Severity.NOTE}
    assert reading.settings
    assert reading.settings.gateway.port == 18789
    assert reading.settings.models.providers["or"].api == "openai-completions"
