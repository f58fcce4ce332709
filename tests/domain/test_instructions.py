import pytest

from homarus.domain.instructions import is_instruction_file


@pytest.mark.parametrize(
    "path",
    [
        "AGENTS.md",
        "agents.MD",
        "./SOUL.md",
        "notes/../USER.md",
        "MEMORY.md.",
        "AGE\u200bNTS.md",
        "\uff21GENTS.md",
        "skills/mail/SKILL.md",
        "Skills/x.txt",
        "memory/2026-11-20.md",
        "projects/garden/AGENTS.md",
        "skills\\a.md",
        "HEARTBEAT.md",
        " AGENTS.md",
        "\u2028SOUL.md",
        "AGENTS.md/.",
        "memory/x\\..\\..\\z.md",
        "a\\USER.md",
        ".git/config",
        "garden/.git/hooks/pre-commit",
        "/home/lena/.homarus/workspace/TOOLS.md",
    ],
)
def test_a_file_that_steers_the_agent_is_known_in_any_spelling(path: str) -> None:
    assert is_instruction_file(path)


@pytest.mark.parametrize(
    "path", ["notes.md", "AGENTS.md.txt", "docs/agents.html", "my-skills.md", "memories/a.md", "", ".gitignore"]
)
def test_an_ordinary_file_is_none(path: str) -> None:
    assert not is_instruction_file(path)
