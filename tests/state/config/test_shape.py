from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.content import Json
from homarus.domain.settings import Settings
from homarus.state.config.nodes import Origin, Source, grow, plain
from homarus.state.config.problems import Severity
from homarus.state.config.reading import Reading
from homarus.state.config.shape import shape

ReadText = Callable[..., Reading]


def _settings(reading: Reading) -> Settings:
    assert reading.settings, [problem.sentence for problem in reading.problems]
    return reading.settings


def test_agents_of_a_list_become_entries_by_id(read_text: ReadText) -> None:
    settings = _settings(
        read_text("{agents: {list: [{id: 'work', default: true, identity: {name: 'W'}}, {id: 'home'}]}}")
    )

    assert list(settings.agents.entries) == ["work", "home"]
    assert settings.agents.entries["work"].default
    assert settings.agents.entries["work"].identity.name == "W"


@pytest.mark.parametrize("nameless", ["{name: 'x'}", "{id: ''}", "{id: 7}", "7", "{id: 'a'}"])
def test_an_agent_without_an_id_of_its_own_is_named(read_text: ReadText, nameless: str) -> None:
    reading = read_text(f"{{agents: {{list: [{{id: 'a'}},\n{nameless}]}}}}")

    (problem,) = reading.problems
    assert problem.key == "agents.list"
    assert problem.where
    assert problem.where.line == 2
    assert list(_settings(reading).agents.entries) == ["a"]


@pytest.mark.parametrize("key", ["agents: {defaults: {model: 'p/m'}}", "defaultModel: 'p/m'"])
def test_a_model_is_named_by_text_or_object_or_the_old_key(read_text: ReadText, key: str) -> None:
    assert _settings(read_text(f"{{{key}}}")).agents.defaults.model.primary == "p/m"


@pytest.mark.parametrize(
    ("written", "api"),
    [
        ("p: {baseUrl: 'http://x/v1'}", "openai-completions"),
        ("p: {baseURL: 'http://x/v1'}", "openai-completions"),
        ("p: {baseUrl: 'http://x/v1', api: 'openai'}", "openai-completions"),
        ("p: {baseUrl: 'http://x/v1', api: 'openai-responses'}", "openai-responses"),
        ("ollama: {baseUrl: 'http://x'}", "ollama"),
        ("p: {apiKey: 'k'}", None),
    ],
)
def test_a_provider_with_an_address_speaks_something(read_text: ReadText, written: str, api: str | None) -> None:
    (provider,) = _settings(read_text(f"{{models: {{providers: {{{written}}}}}}}")).models.providers.values()

    assert provider.api == api


@pytest.mark.parametrize(
    ("written", "mode"),
    [
        ("security: 'deny', ask: 'off'", "deny"),
        ("security: 'allowlist', ask: 'off'", "allowlist"),
        ("security: 'allowlist', ask: 'on-miss'", "ask"),
        ("security: 'allowlist', ask: 'always'", "ask"),
        ("security: 'allowlist'", "ask"),
        ("ask: 'always'", "ask"),
        ("mode: 'allowlist'", "allowlist"),
        ("security: 'full', ask: 'off'", "ask"),
        ("mode: 'full'", "ask"),
        ("mode: 'auto'", "ask"),
    ],
)
def test_the_shell_is_never_looser_than_asking(read_text: ReadText, written: str, mode: str) -> None:
    assert _settings(read_text(f"{{tools: {{exec: {{{written}}}}}}}")).tools.exec.mode == mode


def test_tools_that_were_forbidden_there_are_forbidden_here(read_text: ReadText) -> None:
    tools = _settings(read_text("{tools: {allow: ['*'], deny: ['exec', 'group:web', 'mine']}}")).tools

    assert tools.deny == ("shell.run", "web.search", "web.fetch", "mine")


def test_a_narrow_profile_stays_narrow(read_text: ReadText) -> None:
    tools = _settings(read_text("{tools: {profile: 'minimal', alsoAllow: ['read']}}")).tools

    assert tools.allow == ("time.now", "files.read", "files.list", "files.search")


def test_old_names_lead_to_new_ones_and_keep_their_place(read_text: ReadText) -> None:
    reading = read_text("{\n tools: {exec: {timeoutSec: 'x'}},\n session: {idleMinutes: 98765}}")

    assert reading.problems[0].key == "tools.exec.timeoutSeconds"
    assert "98765" not in reading.problems[0].sentence
    assert reading.problems[0].where
    assert reading.problems[0].where.line == 2


def test_log_levels_of_both_are_understood(read_text: ReadText) -> None:
    assert _settings(read_text("{logging: {level: 'warn'}}")).logging.level == "warning"


_KEYS = st.sampled_from(
    ["agents", "list", "entries", "defaults", "model", "id", "tools", "exec", "security", "ask", "allow", "deny", "p"]
)
_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["full", "off", "a/b", "exec", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=25,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_shaping_takes_anything_and_twice_is_as_good_as_once(value: dict[str, Json]) -> None:
    tree = grow(value, Origin(source=Source("any", "")))
    once = shape(tree)

    assert plain(shape(once)) == plain(once)
    assert plain(tree) == value


@pytest.mark.parametrize(
    "written",
    [
        "gateway: {bind: 'lan'}",
        "gateway: {bind: '0.0.0.0'}",
        "gateway: {auth: {mode: 'none'}}",
        "gateway: {tailscale: {mode: 'funnel'}}",
        "gateway: {controlUi: {dangerouslyDisableDeviceAuth: true}}",
        "gateway: {controlUi: {allowInsecureAuth: true}}",
        "gateway: {controlUi: {allowedOrigins: ['*']}}",
        "tools: {exec: {security: 'full', ask: 'off'}}",
        "tools: {elevated: {enabled: true}}",
        "tools: {fs: {workspaceOnly: false}}",
        "agents: {defaults: {sandbox: {mode: 'off'}}}",
        "agents: {list: [{id: 'a', sandbox: {mode: 'off'}}]}",
        "browser: {ssrfPolicy: {allowPrivateNetwork: true}}",
        "channels: {telegram: {dmPolicy: 'open', allowFrom: ['*']}}",
        "channels: {telegram: {accounts: {x: {configWrites: true}}}}",
        "hooks: {gmail: {allowUnsafeExternalContent: true}}",
        "commands: {bash: true}",
        "env: {shellEnv: {enabled: true}}",
    ],
)
def test_what_would_weaken_the_house_is_named_and_not_followed(read_text: ReadText, written: str) -> None:
    reading = read_text(f"{{\n{written}}}")
    warnings = [problem for problem in reading.problems if problem.severity is Severity.WARNING]

    assert [problem.where.line for problem in warnings if problem.where] == [2]
    assert "not followed" in warnings[0].sentence
    settings = _settings(reading)
    assert settings.gateway == Settings().gateway
    assert settings.tools == Settings().tools
    assert settings.channels.get("telegram", {}).get("dmPolicy") is None


def test_a_program_that_runs_what_it_finds_is_no_safe_one_and_the_others_stay(read_text: ReadText) -> None:
    reading = read_text("{tools: {exec: {mode: 'allowlist', safeBins: ['ls',\n'make', 'cat']}}}")

    assert _settings(reading).tools.exec.safe_bins == ("ls", "cat")
    (problem,) = reading.problems
    assert problem.where
    assert (problem.severity, problem.key, problem.where.line) == (Severity.WARNING, "tools.exec.safeBins[1]", 2)
    assert "runs other programs" in problem.sentence


def test_a_provider_of_a_foreign_protocol_goes_and_the_rest_stays(read_text: ReadText) -> None:
    reading = read_text(
        "{models: {providers: {g: {baseUrl: 'https://g', api: 'google-generative-ai'}, p: {baseUrl: 'http://p'}}}}"
    )

    assert list(_settings(reading).models.providers) == ["p"]
    assert len(reading.problems) == 1


def test_cron_settings_of_openclaw_hold_for_jobs(read_text: ReadText) -> None:
    reading = read_text(
        "{cron: {enabled: false, maxConcurrentRuns: 3, skipMissedJobs: true, failureAlert: {after: 5}}, "
        "heartbeat: {every: '1h', activeHours: {start: '08:00', end: '22:00'}, session: 'main'}}"
    )
    settings = _settings(reading)

    assert (settings.jobs.enabled, settings.jobs.at_once, settings.jobs.missed) == (False, 3, "skip")
    assert settings.jobs.failure_alert.after == 5
    heartbeat = settings.agents.defaults.heartbeat
    assert (heartbeat.every, heartbeat.active_hours and heartbeat.active_hours.end) == ("1h", "22:00")
    assert {problem.key for problem in reading.problems} == {"agents.defaults.heartbeat.session"}
