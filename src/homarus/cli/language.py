"""The language of the terminal: a catalogue that fits the locale, else English."""

import gettext
import os
from pathlib import Path

from homarus.domain import i18n

LOCALES = Path(__file__).resolve().parent.parent / "web" / "locales"


def install() -> None:
    """Take the catalogue of the first language in LANGUAGE, LC_ALL, LC_MESSAGES or LANG that there is."""
    names = next((os.environ[v] for v in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), "")
    wanted = [name.partition(".")[0] for name in names.split(":") if name and not name.startswith(("C", "POSIX", "en"))]
    if wanted and LOCALES.is_dir():
        i18n.translations.set(gettext.translation("homarus", LOCALES, languages=wanted, fallback=True))
