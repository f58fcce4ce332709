"""Translate every sentence a person reads; English is the source.

The current catalogue lives in a context variable, so that one gateway can answer two people in two languages.
"""

import gettext
from contextvars import ContextVar

_ENGLISH = gettext.NullTranslations()
translations: ContextVar[gettext.NullTranslations] = ContextVar("translations", default=_ENGLISH)


def _(sentence: str) -> str:
    """Return the sentence in the language of the current context."""
    return translations.get().gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the singular or the plural sentence for a count, in the language of the current context."""
    return translations.get().ngettext(one, many, count)


def noted(sentence: str) -> str:
    """Mark a sentence for translation where it is defined; `_` translates it where it is shown."""
    return sentence
