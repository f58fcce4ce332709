"""Save the invented market of the site farm as it is in two nights: the sample of overnight research.

The same pages are one file. Run it again and nothing changes: tests/playbooks/research/test_sample.py holds it.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from homarus.testing.sites.places import SITES
from homarus.testing.sites.speech import Asked, Hit

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "homarus" / "playbooks" / "samples" / "research"
NIGHTS = (1, 2)
PAGES = {
    "shop-pages": (
        "web",
        (
            ("kestrel", "/jobs"),
            ("press", "/news/plant-agency"),
            ("trap", "/injected"),
            ("closed", "/"),
        ),
    ),
    "shop-prices": (
        "prices",
        (
            ("solmark", "/kits/duo-800"),
            ("solmark", "/kits/solo-400"),
            ("solmark", "/kits/trio-600"),
            ("kestrel", "/kits/rail-600"),
            ("kestrel", "/kits/camp-400"),
            ("kestrel", "/kits/duo-800"),
            ("brightnook", "/kits/trio-800"),
            ("brightnook", "/kits/duo-800"),
        ),
    ),
}
HUB = ("", "/releases", "/issues")
REPO = "halvorsen/inverter-firmware"
HN_QUERY = "/api/v1/search_by_date?query=solmark&tags=%28story%2Ccomment%29&hitsPerPage=50"


class _NoServer:
    """A farm without servers: its sites have names instead of ports."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []

    def url(self, site: str, path: str = "/") -> str:
        return f"https://{site}.example{path}"


def sources() -> dict[str, object]:
    """Return the sources of the sample, in the words of the configuration."""
    farm = _NoServer()
    said: dict[str, object] = {}
    for name, (kind, pages) in PAGES.items():
        watched = [
            {"url": farm.url(site, path), **({"price": "p.price"} if site == "brightnook" else {})}
            for site, path in pages
        ]
        said[name] = {"kind": kind, "pages": watched}
    said["press-feed"] = {"kind": "feed", "feeds": [farm.url("press", "/feed.xml")]}
    said["firmware"] = {"kind": "github", "repos": [REPO], "baseUrl": farm.url("hub", "")}
    said["forum"] = {
        "kind": "forum",
        "site": "hackernews",
        "baseUrl": farm.url("orange", ""),
        "queries": ["solmark"],
    }
    return said


def addresses() -> list[tuple[str, str, str]]:
    """Return site, path and address of everything that is saved."""
    farm = _NoServer()
    pages = [(site, path) for _kind, listed in PAGES.values() for site, path in listed]
    pages += [(site, "/robots.txt") for site in sorted({site for site, _path in pages})]
    saved = [(site, path, farm.url(site, path)) for site, path in pages]
    saved.append(("press", "/feed.xml", farm.url("press", "/feed.xml")))
    for ending in HUB:
        path = f"/repos/{REPO}{ending}"
        saved.append(("hub", path, farm.url("hub", path) + ("?per_page=30" if ending else "")))
    saved.append(("orange", "/api/v1/search_by_date", farm.url("orange", HN_QUERY)))
    return saved


def files() -> Mapping[str, bytes]:
    """Return every file of the sample, by its name."""
    made: dict[str, bytes] = {"now.txt": b"2026-11-19T03:00:00+01:00\n"}
    made["sources.json"] = _json(sources())
    for night in NIGHTS:
        index: dict[str, object] = {}
        for site, path, url in addresses():
            asked = Asked(method="GET", host=site, path=path, query={}, headers={}, night=night)
            given = SITES[site](asked, _NoServer())
            etag = given.headers.get("ETag", "")
            page: dict[str, object] = {"status": given.status, "kind": given.kind, **({"etag": etag} if etag else {})}
            if given.body:
                ending = {"text/html": "html", "application/json": "json"}.get(given.kind.partition(";")[0], "txt")
                name = f"{site}-{hashlib.sha256(given.body).hexdigest()[:8]}.{ending}"
                made[f"pages/{name}"] = given.body
                page["file"] = name
            index[url] = page
        made[f"night-{night}.json"] = _json(index)
    return made


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def main() -> int:
    """Write the files that are not there as they should be, and take away what is left over."""
    wanted = files()
    for name, content in wanted.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
    for path in FOLDER.rglob("*"):
        if path.is_file() and str(path.relative_to(FOLDER)) not in wanted:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
