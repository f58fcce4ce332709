"""Notice that the owner ordered a file to be written or removed, and that an answer speaks as if it were so.

There are endless ways to say that something is done, in every language; there are few to order it. Where the order
names a file, no tool was called at all, and the answer neither asks, refuses nor explains, it claims the deed.
"""

import re

from homarus.agent.claim_words import EXCUSES

_FILE = r"[\w\-./]*[\w\-]\.(?:md|txt|csv|tsv|json5?|ya?ml|toml|ini|cfg|log|html?|css|js|py|sh|ics|tex|org|rst)\b"
_PUT = (
    r"writ[e]|save|put|add|append|store|note|insert|record"
    r"|schreib\w*|speicher\w*|leg|lege|notier\w*|füg\w*|trag\w*|setz\w*"
    r"|escrib\w*|guard\w*|añad\w*|apunt\w*|agreg\w*|pon|anot\w*"
    r"|écri\w*|enregistr\w*|ajout\w*|mets|mettez|sauvegard\w*"
    r"|scriv\w*|salv\w*|aggiung\w*|metti|annota"
    r"|escrev\w*|adicion\w*|põe|coloca|grava\w*|schrijf|bewaar|zet|sla|voeg"
)
_INTO = r"into|in|to|as|on|onto|nach|unter|als|zu|en|a|como|dans|sous|à|nel|nella|su|em|no|na|naar|op|aan"
_ON_IT = (
    r"create|delete|remove|rename|edit|update|make|erase|erstell\w*|erzeug\w*|lösch\w*|entfern\w*|änder\w*|leg|lege"
    r"|crea|crear|borra|elimina|edita|crée|créez|supprime|efface|modifie|cancella|modifica|cria|apaga|maak|verwijder|wis"
)
_TO_ME = r"(?:me|us|mir|uns|dir|me|nos|moi|nous|mi|ci|mij|ons)\b"
_POLITE = (
    r"(?:(?:hey|hi|hello|ok(?:ay)?|please|pls|(?:can|could|would|will) you|bitte|kannst du|könntest du|por favor|puedes"
    r"|podrías|s['\u2019]il te pla[iî]t|peux-tu|per favore|puoi|você pode|kun je|alsjeblieft|and|und|y|et|now|jetzt)"
    r"[\s,]+)*"
)
_ORDER = re.compile(
    rf"^\W*{_POLITE}(?:(?:{_PUT})\b(?!\s+{_TO_ME})[^.?!\n]{{0,80}}?\b(?:{_INTO})\s+(?:\w+\s+){{0,3}}?[\"'`\u201e\u201c]?(?P<into>{_FILE})"
    rf"|(?:{_ON_IT})\s+(?:\S+\s+){{0,4}}?[\"'`\u201e\u201c]?(?P<itself>{_FILE}))",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:done|finished|completed|all set|saved|written|created|deleted|erledigt|fertig|gemacht|gespeichert|hecho"
    r"|listo|guardado|fait|voilà|fatto|salvato|pronto|feito|salvo|klaar|gedaan|gelukt|opgeslagen)\b|\u2705|\u2714|\u2713",
    re.IGNORECASE,
)
_ASKS_BACK = re.compile(
    r"\?|\b(?:sorry|unfortunately|cannot|no (?:access|permission)|leider|lo siento|désolée?|purtroppo|infelizmente"
    r"|helaas|non (?:posso|ho)|não (?:posso|consigo|tenho)|kan niet|geen|you (?:may|need))\b",
    re.IGNORECASE,
)
_MOST_CHARS = 280


def claimed(text: str, asked: str) -> str:
    """Return the words of an answer that take an order about a file as carried out; empty when there are none."""
    order = _ORDER.search(asked[:2000])
    plain = " ".join(text.split())
    if order is None or not plain or len(plain) > _MOST_CHARS or "```" in text:
        return ""
    is_acted = plain.startswith("*") and plain.endswith("*")
    if _ASKS_BACK.search(plain) or (EXCUSES.search(plain) and not is_acted):
        return ""
    name = str(order["into"] or order["itself"]).rpartition("/")[2]
    return plain if name.casefold() in plain.casefold() or _DONE.search(plain) else ""
