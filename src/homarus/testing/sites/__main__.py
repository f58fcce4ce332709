"""Serve the sites from a terminal: `python -m homarus.testing.sites --port 8700`; Enter lets a night pass."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from homarus.domain.i18n import _
from homarus.testing.sites.farm import SiteFarm
from homarus.testing.sites.places import SITES, news_pages, price_pages


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m homarus.testing.sites", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help=_("of the first site; 0 lets the system choose"))
    parser.add_argument("--night", type=int, default=1, help=_("which night it is"))
    parser.add_argument("--pages", action="store_true", help=_("name every product page and article as well"))
    return parser


def _told(farm: SiteFarm, *, with_pages: bool) -> str:
    lines = [f"{name:<11} {farm.url(name)}" for name in SITES]
    return "\n".join([*lines, *(price_pages(farm) + news_pages(farm) if with_pages else ())]) + "\n"


async def _serve(given: argparse.Namespace) -> None:
    async with SiteFarm(night=given.night, first_port=given.port) as farm:
        sys.stdout.write(_told(farm, with_pages=given.pages))
        sys.stdout.flush()
        while await asyncio.to_thread(sys.stdin.readline):
            farm.night += 1
            sys.stdout.write(_("Now it is night {night}.").format(night=farm.night) + "\n")
            sys.stdout.flush()
        await asyncio.Event().wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return the exit code."""
    given = _parser().parse_args(argv)
    try:
        asyncio.run(_serve(given))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        sys.stderr.write(
            _("The ports cannot be used: {reason}. Choose another with --port.").format(reason=error) + "\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
