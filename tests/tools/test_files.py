import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homarus.domain.acts import ToolOutput
from homarus.domain.errors import HomarusError, ToolArgumentError, ToolFailedError
from homarus.domain.labels import Origin
from homarus.testing.rooms import FakeRooms
from homarus.tools import files, files_search
from homarus.tools.confined import relative

pytestmark = pytest.mark.anyio


async def read(rooms: FakeRooms, path: str, **more: int) -> ToolOutput:
    return await files.read(rooms.context(), path=path, **more)


async def test_what_is_written_can_be_read_and_listed(rooms: FakeRooms) -> None:
    wrote = await files.write(rooms.context(), path="notes/today.md", content="call Lena\n")
    assert wrote.summary == "Wrote notes/today.md (10 bytes)"
    assert (await read(rooms, "notes/today.md")).text == "call Lena"
    assert (await files.list_folder(rooms.context())).text == "notes/"
    assert (await files.list_folder(rooms.context(), path="notes")).text == "today.md (10 bytes)"


async def test_text_of_a_file_is_labelled_as_such(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.txt").write_text("x", encoding="utf-8")
    assert (await read(rooms, "a.txt")).label.origin is Origin.FILE


async def test_a_long_file_comes_in_pieces_and_says_how_to_go_on(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.txt").write_text("\n".join(str(number) for number in range(1, 1001)), encoding="utf-8")
    assert (await read(rooms, "a.txt")).text.endswith("400\n[lines 1-400 of 1000; go on with start=401]")
    assert (await read(rooms, "a.txt", start=999)).text == "999\n1000\n[lines 999-1000 of 1000]"
    assert (await read(rooms, "a.txt", start=5, lines=1)).text == "5\n[lines 5-5 of 1000; go on with start=6]"


async def test_long_lines_are_cut(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.txt").write_text("x" * 100_000 + "\ny", encoding="utf-8")
    text = (await read(rooms, "a.txt")).text
    assert len(text) < 17_000
    assert "[... 100000 characters]" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG picture"),
        (b"%PDF-1.7 x", "a PDF"),
        (b"\0\1\2\3", "not text"),
        (b"PK\x03\x04\0", "a ZIP archive"),
    ],
)
async def test_what_is_not_text_is_named(rooms: FakeRooms, content: bytes, words: str) -> None:
    (rooms.workspace / "thing").write_bytes(content)
    with pytest.raises(ToolFailedError, match=words):
        await read(rooms, "thing")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_other_encodings_are_read_and_kept(rooms: FakeRooms, encoding: str) -> None:
    (rooms.workspace / "a.txt").write_bytes("Grüße\r\nan alle\r\n".encode(encoding))
    await files.edit(rooms.context(), path="a.txt", old="Grüße\nan", new="Küsse\nan")
    assert (rooms.workspace / "a.txt").read_bytes().decode(encoding) == "Küsse\r\nan alle\r\n"


# --- changing -----------------------------------------------------------------------------------------------------


async def test_an_edit_replaces_exactly_one_place(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.py").write_text("one\ntwo\nthree\n", encoding="utf-8")
    done = await files.edit(rooms.context(), path="a.py", old="two", new="2")
    assert (rooms.workspace / "a.py").read_text(encoding="utf-8") == "one\n2\nthree\n"
    assert (rooms.workspace / str(done.facts["undo"])).read_text(encoding="utf-8") == "one\ntwo\nthree\n"


async def test_text_that_is_not_there_shows_what_is_near(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.py").write_text("def greet(name):\n    return 1\n", encoding="utf-8")
    with pytest.raises(ToolFailedError, match=r"1: def greet\(name\):"):
        await files.edit(rooms.context(), path="a.py", old="def greet( name ):", new="x")


async def test_text_that_is_there_twice_names_the_lines(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.py").write_text("x\ny\nx\n", encoding="utf-8")
    with pytest.raises(ToolFailedError, match=r"2 times in 'a\.py', at lines 1, 3"):
        await files.edit(rooms.context(), path="a.py", old="x", new="z")


async def test_a_change_that_is_repeated_after_a_crash_is_made_once(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.txt").write_text("a\n", encoding="utf-8")
    await files.edit(rooms.context(), path="a.txt", old="a", new="b")
    done = await files.edit(rooms.context(), path="a.txt", old="a", new="b")
    assert (rooms.workspace / "a.txt").read_text(encoding="utf-8") == "b\n"
    assert (rooms.workspace / str(done.facts["undo"])).read_text(encoding="utf-8") == "a\n"


async def test_a_write_that_is_repeated_keeps_the_first_copy(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.txt").write_text("old", encoding="utf-8")
    await files.write(rooms.context(), path="a.txt", content="new")
    done = await files.write(rooms.context(), path="a.txt", content="new")
    assert (rooms.workspace / str(done.facts["undo"])).read_text(encoding="utf-8") == "old"
    assert ".undo" not in (await files.list_folder(rooms.context())).text


async def test_a_file_keeps_its_mode(rooms: FakeRooms) -> None:
    (rooms.workspace / "run.sh").write_text("a", encoding="utf-8")
    (rooms.workspace / "run.sh").chmod(0o750)
    await files.write(rooms.context(), path="run.sh", content="b")
    assert (rooms.workspace / "run.sh").stat().st_mode & 0o777 == 0o750
    assert {entry.name for entry in rooms.workspace.iterdir()} == {"run.sh", ".undo"}


# --- staying inside -----------------------------------------------------------------------------------------------

OUTSIDE = ["../secret", "/etc/passwd", "a/../../secret", "~/x", "~", "notes/../../../etc/passwd", "/", "a\0b", "a\nb"]


@pytest.mark.parametrize("path", OUTSIDE)
async def test_no_path_leads_out(rooms: FakeRooms, path: str) -> None:
    for call in (
        files.read(rooms.context(), path=path),
        files.write(rooms.context(), path=path, content="x"),
        files.edit(rooms.context(), path=path, old="hunter2", new="x"),
        files.list_folder(rooms.context(), path=path),
        files_search.search(rooms.context(), query="hunter2", path=path),
    ):
        with pytest.raises((ToolArgumentError, ToolFailedError)):
            await call
    assert (rooms.workspace.parent / "secret").read_text(encoding="utf-8") == "hunter2"


async def test_an_absolute_path_into_the_workspace_is_fine(rooms: FakeRooms) -> None:
    await files.write(rooms.context(), path=str(rooms.workspace / "a.txt"), content="x")
    assert (rooms.workspace / "a.txt").exists()


async def test_links_are_not_followed(rooms: FakeRooms) -> None:
    (rooms.workspace / "file").symlink_to("../secret")
    (rooms.workspace / "folder").symlink_to("..")
    for path in ("file", "folder/secret"):
        with pytest.raises(ToolFailedError, match=r"Links are not followed|is a link|not a folder"):
            await read(rooms, path)
        with pytest.raises(ToolFailedError):
            await files.write(rooms.context(), path=path, content="x")
    with pytest.raises(ToolFailedError):
        await files.list_folder(rooms.context(), path="folder")
    assert (await files_search.search(rooms.context(), query="hunter2")).facts["found"] == 0
    assert (rooms.workspace.parent / "secret").read_text(encoding="utf-8") == "hunter2"


async def test_a_hard_link_to_elsewhere_is_refused(rooms: FakeRooms) -> None:
    os.link(rooms.workspace.parent / "secret", rooms.workspace / "hard")
    with pytest.raises(ToolFailedError, match="second name"):
        await read(rooms, "hard")
    with pytest.raises(ToolFailedError, match="second name"):
        await files.write(rooms.context(), path="hard", content="x")
    assert (await files_search.search(rooms.context(), query="hunter2")).facts["found"] == 0


async def test_pipes_and_sockets_are_refused_at_once(rooms: FakeRooms) -> None:
    os.mkfifo(rooms.workspace / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(rooms.workspace / "s"))
        for name in ("pipe", "s"):
            with pytest.raises(ToolFailedError, match="device, pipe or socket"):
                await read(rooms, name)
        await files_search.search(rooms.context(), query="x")


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_path_stays_inside_or_is_refused(path: str) -> None:
    try:
        inside = relative(Path("/home/lena/workspace"), path)
    except HomarusError:
        return
    assert ".." not in inside.parts
    assert not inside.is_absolute()


# --- finding ------------------------------------------------------------------------------------------------------


async def test_lines_and_names_are_found(rooms: FakeRooms) -> None:
    (rooms.workspace / "a").mkdir()
    (rooms.workspace / "a" / "notes.md").write_text("one\nCall LENA at noon\n", encoding="utf-8")
    (rooms.workspace / "lena.txt").write_text("x", encoding="utf-8")
    found = await files_search.search(rooms.context(), query="lena")
    assert found.text.splitlines() == ["lena.txt", "a/notes.md:2: Call LENA at noon"]


async def test_a_pattern_is_a_regular_expression_when_asked(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.txt").write_text("due 2026-12-24\n", encoding="utf-8")
    found = await files_search.search(rooms.context(), query=r"\d{4}-\d\d-\d\d", regex=True)
    assert found.text == "a.txt:1: due 2026-12-24"


async def test_a_pattern_cannot_hang(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.txt").write_text("a" * 50_000 + "!", encoding="utf-8")
    found = await files_search.search(rooms.context(), query=r"^(a+)+$", regex=True)
    assert found.facts["found"] == 0


@pytest.mark.parametrize("query", ["(", "a(?=b)", r"(a)\1", "*"])
async def test_a_pattern_that_is_not_known_is_explained(rooms: FakeRooms, query: str) -> None:
    with pytest.raises(ToolArgumentError, match="not a regular expression"):
        await files_search.search(rooms.context(), query=query, regex=True)


async def test_a_search_stops_at_its_limit_and_says_so(rooms: FakeRooms) -> None:
    (rooms.workspace / "a.txt").write_text("x\n" * 1000, encoding="utf-8")
    assert "[stopped after 60 lines" in (await files_search.search(rooms.context(), query="x\n".strip())).text


async def test_programs_and_repositories_are_skipped(rooms: FakeRooms) -> None:
    (rooms.workspace / ".git").mkdir()
    (rooms.workspace / ".git" / "config").write_text("needle", encoding="utf-8")
    (rooms.workspace / "bin").write_bytes(b"\0needle")
    assert (await files_search.search(rooms.context(), query="needle")).text == "[nothing found in 0 files]"
