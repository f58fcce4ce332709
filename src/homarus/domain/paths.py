"""The one spelling of a path in a workspace: what is judged, shown, hashed and opened is the same letters.

Whatever could be read in two ways is refused instead of mended: white space at the ends, a backslash, `..`, letters
without ink. A tool whose argument is a path takes it as `WorkspacePath`, so that its spelling is settled before anybody
judges the call.
"""

import unicodedata
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator

from homarus.domain.errors import ToolArgumentError

_LONGEST = 1024
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def workspace_path(written: str) -> str:
    """Return a path of a workspace in its one spelling: relative or absolute, `/` between, no `.` and no `//`.

    Raises:
        ToolArgumentError: when it could mean more than one place, or a place outside.
    """
    if len(written) > _LONGEST or any(unicodedata.category(letter) in _UNSEEN for letter in written):
        raise ToolArgumentError(f"{written[:60]!r} is not a path.", hint="Write a relative path, as notes/today.md.")
    if "\\" in written:
        raise ToolArgumentError(f"{written!r} has a backslash.", hint="Put `/` between folders, as notes/today.md.")
    path = PurePosixPath(written)
    if written != written.strip() or any(part != part.strip() for part in path.parts):
        raise ToolArgumentError(
            f"{written!r} has white space around a name.", hint="Write it without, as notes/today.md."
        )
    if ".." in path.parts or path.parts[:1] == ("~",) or path.root == "//":
        raise ToolArgumentError(
            f"{written!r} could lead out of the workspace.",
            hint="Use a path without `..` and `~`, as notes/today.md.",
        )
    return str(path)


WorkspacePath = Annotated[str, AfterValidator(workspace_path)]
"""An argument that names a file or folder of the workspace."""
