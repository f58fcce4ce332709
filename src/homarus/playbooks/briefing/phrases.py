# ruff: noqa: E501 - lists of phrases
"""The words by which a mail tells what it wants, in English and German, the plainest in French and Spanish. Patterns are linear and matched by sentence."""

import re


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


DEADLINE = _any(
    "by", "before", "until", "due", "no later than", "deadline", "at the latest", "expires?", "latest", "closes?", "ends?", "unless", "otherwise", "or else",
    "bis", "spätestens", "\\w*frist", "\\w*frist\\w{0,3}", "fällig", "zahlbar", "vor dem", "läuft", "endet", "schließt", "stichtag", "abgabe", "sonst", "andernfalls", "ansonsten",
    "within", "innerhalb", "binnen", "avant", "d['\u2019]ici", "au plus tard", "jusqu['\u2019]\\w+", "échéance", "sinon", "pour le", "sous",
    "antes del?", "hasta", "a más tardar", "plazo", "vence", "para el",
)  # fmt: skip
AT_ONCE = _any(
    "as soon as possible", "asap", "urgent(?:ly)?", "immediately", "right away", "at once", "straight away", "emergency", "right now",
    "in (?:the next )?\\d{1,2} ?(?:min|mins|minutes|minuten)", "in (?:an|one|einer) (?:hour|stunde)", "within the hour",
    "so (?:bald|schnell) (?:wie|als) möglich", "schnellstmöglich", "umgehend", "sofort", "dringend(?:e[nrs]?)?", "eilt", "eilig",
    "unverzüglich", "notfall", "urgente(?:mente)?", "d['\u2019]urgence", "immédiatement", "dès que possible", "inmediatamente", "lo antes posible", "cuanto antes",
)  # fmt: skip
TROUBLE = _any(
    "is down", "are down", "went down", "outage", "cannot pay", "can't pay", "errors? 5\\d\\d", "not reachable", "unreachable", "throws?(?: \\w+)? (?:errors?|exceptions?)", "crash(?:es|ed|ing)?",
    "broken since", "not working", "does not work", "stopped working", "complain(?:s|ing|ed)?", "flood(?:ed|ing)?", "water is coming", "on fire", "power cut", "burglary", "stolen", "injured", "leaked", "exposed", "strike", "will not run", "bounc(?:es|ing)",
    "suspended", "will be (?:blocked|closed|cut off|terminated|deleted|disconnected)", "overdue", "final notice", "final reminder", "security breach", "payment failed", "could not collect",
    "hacked", "hospital", "accident", "fever", "data loss", "lawsuit", "court",
    "ausgefallen", "ausfall", "nicht (?:mehr )?erreichbar", "gesperrt", "sperren wir", "mahnung", "letzte erinnerung", "mahnbescheid", "inkasso", "klage", "einspruch", "gericht",
    "verspätungszuschlag", "überfällig", "fieber", "unfall", "krankenhaus", "verletzt", "gehackt", "datenverlust", "kündigung", "wasserschaden", "einbruch", "gestohlen", "auffällig",
    "funktioniert nicht(?: mehr)?", "geht nicht mehr", "kaputt", "defekt", "streik", "ausgefallen ist", "komplett tot", "springt nicht an", "stürzt ab", "en panne", "ne (?:fonctionne|marche) (?:plus|pas)", "mise en demeure", "no funciona", "ha caído", "est(?:á|a) caído", "läuft (?:heute|morgen|am .{4,14}) ab",
)  # fmt: skip
YOURS = _any(
    "your", "you", "yours", "ihr(?:e[nrms]?)?", "sie", "deine?[nrms]?", "du", "dich", "votre", "vos", "su", "tu", "tus"
)
REQUEST = _any(
    "please (?:\\w+ )?(?:send|confirm|let|sign|check|reply|tell|call|advise|review|return|pay|approve|share|come|look|rebook|update|submit|join|bring|help|answer|provide)",
    "let me know", "could you", "can you", "would you", "will you", "do you have", "(?:i|we) (?:still |urgently )?need", "may i",
    "bitte (?:\\w+ ){0,3}?(?:senden|schicken|schick|bestätig\\w*|geben|gib|rufen|ruf|prüf\\w*|sagen|sag|zahlen|holen|hol|verlängern|melden|überweisen|teilen|antworte\\w*|kommen|komm|bringen|unterschreib\\w*)",
    "(?:kannst|könntest|würdest|hast) du", "(?:können|könnten|würden|haben) sie", "sag(?:en sie)? (?:mir|uns|bescheid)", "(?:ich|wir) (?:brauchen?|benötigen?)",
    "merci de", "veuillez", "pouvez-vous", "peux-tu", "pourriez-vous", "pourrais-tu", "por favor", "pued(?:e|es)", "podr[ií]as?",
    "gib(?:t)?(?: mir| uns)?(?: bitte)? bescheid", "(?:um|auf) (?:ihre|deine|eine|kurze) (?:antwort|rückmeldung|bestätigung)",
)  # fmt: skip
CHANGED = _any(
    "cancell?ed", "moved (?:to|from|forward)", "rescheduled", "postponed", "brought forward", "delayed",
    "vorverlegt", "verschoben", "verlegt", "storniert", "annulliert", "fällt aus", "entfällt", "abgesagt", "verspätet",
)  # fmt: skip
PROMISED = _any(
    "(?:will|i'll|we'll) (?:get back|send you|be in touch|let you know|set up|come back|follow up|have a look|look into)", "we are (?:checking|looking into)",
    "you will (?:receive|hear)", "i will set up .{2,60}", "is being (?:processed|prepared)", "within two working days", "(?:has been|was) received", "will be answered",
    "(?:melde|melden) (?:ich )?(?:mich|uns)", "wird (?:bearbeitet|vorbereitet|geprüft)", "ich schicke (?:dir|ihnen)", "(?:schaue?|sehe) (?:ich )?(?:es )?mir .{0,20}an",
    "(?:gebe|geben|geb) (?:ich |wir )?(?:dir|ihnen|euch) .{0,40}(?:rückmeldung|bescheid)",
    "wir informieren sie", "sie erhalten .{2,60} bescheid", "komme auf (?:dich|sie) zu", "wir prüfen", "ist (?:bei uns )?eingegangen",
)  # fmt: skip
FOR_INFORMATION = _any(
    "for your information", "fyi", "no action (?:is )?(?:required|needed)", "nothing to do", "nothing else from my side",
    "zur (?:kenntnis|info|information)", "nur zur info", "kein handlungsbedarf", "completed without errors",
)  # fmt: skip
MONEY = _any(
    "invoice", "payment", "pay", "amount", "fee", "quote", "contract", "refund", "rechnung", "zahlung", "zahlen", "betrag",
    "überweis\\w*", "angebot", "honorar", "vertrag", "mahnung", "eur", "usd", "€", "iban",
)  # fmt: skip
OPT_OUT = _any("unsubscribe", "opt out", "opt-out", "abmelden", "abbestellen", "not interested", "kein interesse")
SALES = _any(
    "guarantee", "rankings?", "limited time", "offer", "upgrade now", "free trial", "discount", "act now", "last chance",
    "boost", "leads", "15 minutes", "angebot nur", "rabatt", "jetzt buchen", "letzte chance", "kostenlos testen",
)  # fmt: skip
POLITE_QUESTION = _any("any questions", "questions\\?", "haben sie (?:noch )?fragen", "fragen\\?", "need help")
ORDERS = re.compile(
    r"ignore (?:all |any |your |the )*(?:previous |prior |above |earlier )*(?:instructions|prompts|rules|messages)"
    r"|disregard (?:all |any |your |the )*(?:previous |prior |above )*(?:instructions|rules)"
    r"|you are now (?:in|a|an|the)\b|system prompt|developer mode|maintenance mode|as an ai\b|new instructions:"
    r"|(?:classify|mark|label) (?:this|every|all|each|the) .{0,40}\b(?:mail|message|email)s?\b.{0,40}\bas\b"
    r"|forward (?:all|every) .{2,60}@|(?:owner|user)['\u2019]s passwords?"
    r"|(?:vergiss|ignorier\w*|missachte\w*) (?:alle|deine|die|sämtliche) .{0,30}(?:anweisungen|regeln|instruktionen)"
    r"|systemhinweis|an die ki\b|du bist (?:jetzt|nun) ein|markiere diese (?:nachricht|mail) als"
    r"|<\|(?:im_start|im_end|system|assistant)\|>|\[/?INST\]|<</?SYS>>",
    re.IGNORECASE,
)
"""Sentences that speak to a machine and not to the owner."""
NO_REPLY = re.compile(
    r"^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|noreply|mailer-daemon|postmaster|notifications?|bounce)", re.IGNORECASE
)
GERMAN = _any(
    "und",
    "der",
    "die",
    "das",
    "nicht",
    "ich",
    "wir",
    "sie",
    "bitte",
    "für",
    "mit",
    "ist",
    "hallo",
    "moin",
    "guten",
    "lieber?",
    "grüße",
)
ENGLISH = _any(
    "and", "the", "not", "we", "you", "please", "for", "with", "is", "hello", "hi", "dear", "regards", "this", "to"
)
