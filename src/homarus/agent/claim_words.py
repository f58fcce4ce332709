"""The words in which people and models say that something was done, in four languages."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What a sentence says was done."""

    SENT = "sent"
    REMINDED = "reminded"
    PLACED = "placed"
    """Put into a calendar, a list, a schedule."""
    SAVED = "saved"
    REMOVED = "removed"
    ORDERED = "ordered"
    RAN = "ran"
    SEARCHED = "searched"
    DONE = "done"
    PROMISED = "promised"
    """Please wait: the answer is the end of the turn, so nothing comes after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A way to say that something was done."""

    pattern: re.Pattern[str]
    deed: Deed
    needs_thing: bool = False
    """Whether the verb alone can mean words in the answer: `I have created a table` is no deed, a file is one."""
    is_report: bool = False
    """Whether it may tell what a tool found, rather than what one did."""
    only_short: bool = False
    """Whether it counts only where the answer says nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something outside of the answer; when it is named, it may say more of the deed than the verb does."""

    pattern: re.Pattern[str]
    deed: Deed | None = None


def _re(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_FILE = r"\b[\w\-/]+\.(?:md|txt|csv|tsv|json5?|pdf|docx?|odt|py|js|sh|ics|html?|xlsx?|ya?ml|toml|log)\b"
THINGS: tuple[Thing, ...] = (
    Thing(
        pattern=_re(
            r"\breminders?\b|\balarms?\b|\btimers?\b|\berinnerung(?:en)?\b|\bwecker\b"
            r"|\brecordatorios?\b|\balarmas?\b|\brappels?\b|\balarmes?\b|\bréveil\b"
        ),
        deed=Deed.REMINDED,
    ),
    Thing(
        pattern=_re(
            r"\bcalendar\b|\bappointments?\b|\bkalender\b|\btermine?\b|\bcalendario\b|\bcita\b|\bagenda\b"
            r"|\bcalendrier\b|\brendez-vous\b|\b(?:shopping|to-?do|task|grocery) list\b|\beinkaufsliste\b"
            r"|\blista de (?:la )?compras?\b|\bliste de courses\b|\bmeeting invite\b"
        ),
        deed=Deed.PLACED,
    ),
    Thing(
        pattern=_re(
            rf"{_FILE}|\b(?:files?|folder|notes|memory|workspace|contacts?)\b|\b(?:a|the|your|this) note\b"
            r"|\bdatei(?:en)?\b|\bnotizen?\b|\bordner\b|\bgedächtnis\b|\barchivos?\b|\bnotas?\b|\bcarpeta\b|\bmemoria\b"
            r"|\bfichiers?\b|\bnotes?\b(?= |\.|!|$)|\bdossier\b|\bmémoire\b"
        )
    ),
)
_I = r"\bI(?:['\u2019]ve| have)?(?: (?:just|now|also|successfully|already now|went ahead and|gone ahead and))*"
_BEEN = r"\b(?:has|have) (?:now |just |also )?been (?:now |successfully |just )?"
_IS = r"\b(?:the|your|this|that|it|everything|a|an)\b[^.!?]{0,60}?\b(?:is|are) (?:now |all )?"
_ICH = r"\b(?:ich habe|habe ich|hab ich|ich hab)\b(?:[^.!?]|\.\w)*?\b"
_WURDE = r"\b(?:wurden?|ist|sind)\b(?: [\w.\-@]+){0,4}? (?:jetzt |nun |erfolgreich )*"
_HE = r"\b(?:he|ya he) "
_HA_SIDO = r"\b(?:ha sido|han sido|está|están|se ha|se han) (?:ya |ahora )?"
_JAI = r"\bj['\u2019]ai (?:bien |maintenant |également )*"
_A_ETE = r"\b(?:a (?:bien )?été|ont (?:bien )?été|est maintenant|est bien|sont maintenant) "
_FIRST = r"\A(?:ok(?:ay)?|sure|great|all right|perfect|gern|klar|alles klar|vale|claro|bien s\u00fbr|d'accord)?[,.!]? ?"


def _every(deed: Deed, verbs: str, *openings: str, needs_thing: bool = False) -> tuple[Shape, ...]:
    return tuple(
        Shape(
            pattern=_re(rf"{opening} ?(?:{verbs})\b"),
            deed=deed,
            needs_thing=needs_thing,
            is_report=opening not in (_I, _ICH, _HE, _JAI),
        )
        for opening in openings
    )


_ENGLISH: tuple[Shape, ...] = (
    *_every(Deed.SENT, r"sent|e-?mailed|forwarded|texted|messaged|notified", _I, _BEEN),
    *_every(Deed.SENT, r"replied to|posted (?:it|this|that|the|your)|submitted (?:it|the|your)", _I),
    *_every(Deed.ORDERED, r"ordered|bought|purchased|paid|booked|reserved|transferred", _I, _BEEN),
    *_every(Deed.ORDERED, r"booked|ordered|reserved", _IS),
    *_every(Deed.RAN, r"ran|executed|installed|restarted|deployed|rebooted", _I),
    *_every(Deed.RAN, r"executed|installed|restarted|deployed|turned (?:on|off)|switched (?:on|off)", _BEEN),
    *_every(Deed.RAN, r"turned (?:on|off|up|down)|switched (?:on|off)", _I),
    *_every(Deed.SEARCHED, r"(?:searched|browsed) (?:the )?(?:web|internet|online)|googled", _I),
    *_every(Deed.SAVED, r"saved|stored|written down|noted down|recorded|scheduled", _I, _BEEN),
    *_every(
        Deed.SAVED,
        r"set(?: up)?|created|added|made|put|updated|edited|renamed|moved|copied|appended|wrote|written|changed|noted"
        r"|remembered",
        _I,
        _BEEN,
        needs_thing=True,
    ),
    *_every(Deed.SAVED, r"saved|set(?: up)?|scheduled|created|added|stored|updated", _IS, needs_thing=True),
    *_every(Deed.REMOVED, r"deleted|removed|cancell?ed|erased|cleared", _I, _BEEN, _IS, needs_thing=True),
    *_every(Deed.SAVED, r"cleaned up|tidied|emptied|organi[sz]ed|remembered", _I, needs_thing=True),
    *_every(Deed.SENT, r"sent", _IS),
    *_every(Deed.SAVED, r"remembered (?:that|it|this)", _I),
    *_every(Deed.DONE, r"called `?[a-z]+[._][\w.]+|completed (?:the|your|this) (?:task|request|action)", _I),
    Shape(
        pattern=_re(
            r"\A(?:the |your )?(?:task|request|action) (?:(?:has been|is|was) )?(?:successfully )?(?:completed|done)\b"
        ),
        deed=Deed.DONE,
    ),
    Shape(pattern=_re(_FIRST + r"successfully (?:sent|e-?mailed)\b"), deed=Deed.SENT),
    Shape(
        pattern=_re(_FIRST + r"successfully (?:saved|stored|created|set|added|updated|scheduled)\b"), deed=Deed.SAVED
    ),
    Shape(pattern=_re(_FIRST + r"successfully (?:deleted|removed|cancell?ed)\b"), deed=Deed.REMOVED),
    Shape(pattern=_re(r"\bI['\u2019]?(?:ll| will) remind you\b"), deed=Deed.REMINDED),
    Shape(pattern=_re(_FIRST + r"(?:reminder|alarm|timer) (?:set|saved|created|scheduled)\b"), deed=Deed.REMINDED),
    Shape(pattern=_re(_FIRST + r"(?:e-?mail|message|mail|reply|text) sent\b"), deed=Deed.SENT),
    Shape(
        pattern=_re(_FIRST + r"sent(?: it| the (?:e-?mail|mail|message))?(?: to [\w@. ]{1,40})?[.!]"), deed=Deed.SENT
    ),
    Shape(
        pattern=_re(_FIRST + r"(?:note|file|memory|fact) (?:saved|created|updated|written|stored)\b"), deed=Deed.SAVED
    ),
    Shape(
        pattern=_re(_FIRST + r"(?:saved|stored|written|added|noted)(?: it| this| that)? (?:to|in|into) "),
        deed=Deed.SAVED,
        needs_thing=True,
    ),
    Shape(pattern=_re(_FIRST + r"saved(?: it)?[.!]"), deed=Deed.SAVED, only_short=True),
    Shape(pattern=_re(_FIRST + r"(?:file|note|reminder|event) (?:deleted|removed|cancell?ed)\b"), deed=Deed.REMOVED),
    Shape(
        pattern=_re(
            _FIRST
            + r"(?:it['\u2019]s |that['\u2019]s |all )?(?:done|all set|taken care of|completed|consider it done"
            + r"|the deed is done)"
            + r"(?: for you| now| as (?:you )?(?:asked|requested))*[.!* ]*\Z"
        ),
        deed=Deed.DONE,
        only_short=True,
    ),
)
_GERMAN: tuple[Shape, ...] = (
    *_every(
        Deed.SENT,
        r"(?:ab)?geschickt|verschickt|(?:ab)?gesendet|versandt|gemailt|weitergeleitet|benachrichtigt",
        _ICH,
        _WURDE,
    ),
    *_every(Deed.ORDERED, r"bestellt|gekauft|gebucht|reserviert|bezahlt|überwiesen", _ICH, _WURDE),
    *_every(
        Deed.RAN, r"ausgeführt|installiert|neu gestartet|ein-?geschaltet|eingeschaltet|ausgeschaltet", _ICH, _WURDE
    ),
    *_every(Deed.SEARCHED, r"(?:im (?:web|internet|netz)) (?:gesucht|nachgesehen|recherchiert)|gegoogelt", _ICH),
    *_every(Deed.SAVED, r"(?:ab)?gespeichert|abgelegt|notiert|aufgeschrieben|vermerkt", _ICH, _WURDE),
    *_every(
        Deed.SAVED,
        r"gestellt|gesetzt|eingerichtet|erstellt|angelegt|hinzugefügt|eingetragen|geändert|aktualisiert"
        r"|umbenannt|verschoben|geschrieben|ergänzt|gemerkt",
        _ICH,
        _WURDE,
        needs_thing=True,
    ),
    *_every(Deed.REMOVED, r"gelöscht|entfernt|storniert|abgesagt", _ICH, _WURDE, needs_thing=True),
    Shape(pattern=_re(r"\bich (?:werde dich|erinnere dich)\b.*\b(?:erinnern|um \d|morgen|heute)"), deed=Deed.REMINDED),
    Shape(
        pattern=_re(_FIRST + r"(?:erinnerung|wecker) (?:ist )?(?:gesetzt|gestellt|erstellt|gespeichert|angelegt)\b"),
        deed=Deed.REMINDED,
    ),
    Shape(
        pattern=_re(_FIRST + r"(?:e-?mail|nachricht|mail) (?:ist )?(?:gesendet|verschickt|geschickt|raus)\b"),
        deed=Deed.SENT,
    ),
    Shape(pattern=_re(_FIRST + r"(?:gespeichert|notiert) (?:in|unter) "), deed=Deed.SAVED, needs_thing=True),
    Shape(pattern=_re(_FIRST + r"(?:gespeichert|gesendet|abgeschickt)[.!]"), deed=Deed.SAVED, only_short=True),
    Shape(
        pattern=_re(
            _FIRST
            + r"(?:alles |ist |schon )?(?:erledigt|fertig|(?:(?:das )?habe? ich |ich habe? (?:das |es )?)?gemacht)"
            + r"[.!* ]*\Z"
        ),
        deed=Deed.DONE,
        only_short=True,
    ),
)
_SPANISH: tuple[Shape, ...] = (
    *_every(Deed.SENT, r"enviad[oa]s?|mandad[oa]s?|reenviad[oa]s?|notificad[oa]s?", _HE, _HA_SIDO),
    *_every(Deed.ORDERED, r"pedid[oa]|comprad[oa]|reservad[oa]|pagad[oa]|transferid[oa]", _HE, _HA_SIDO),
    *_every(Deed.RAN, r"ejecutad[oa]|instalad[oa]|reiniciad[oa]|encendid[oa]|apagad[oa]", _HE, _HA_SIDO),
    *_every(Deed.SEARCHED, r"buscad[oa] en (?:la web|internet|línea)", _HE),
    *_every(Deed.SAVED, r"guardad[oa]s?|anotad[oa]s?|apuntad[oa]s?|programad[oa]s?", _HE, _HA_SIDO),
    *_every(
        Deed.SAVED,
        r"cread[oa]s?|añadid[oa]s?|agregad[oa]s?|puest[oa]s?|configurad[oa]s?|establecid[oa]s?|actualizad[oa]s?"
        r"|modificad[oa]s?|movid[oa]s?|escrit[oa]s?",
        _HE,
        _HA_SIDO,
        needs_thing=True,
    ),
    *_every(Deed.REMOVED, r"eliminad[oa]s?|borrad[oa]s?|cancelad[oa]s?", _HE, _HA_SIDO, needs_thing=True),
    Shape(pattern=_re(r"\bte (?:lo )?recordaré\b"), deed=Deed.REMINDED),
    Shape(
        pattern=_re(_FIRST + r"(?:recordatorio|alarma) (?:cread[oa]|guardad[oa]|programad[oa]|configurad[oa])\b"),
        deed=Deed.REMINDED,
    ),
    Shape(pattern=_re(_FIRST + r"(?:correo|mensaje) enviado\b"), deed=Deed.SENT),
    Shape(pattern=_re(_FIRST + r"(?:guardad[oa]|enviad[oa])[.!]"), deed=Deed.SAVED, only_short=True),
    Shape(pattern=_re(_FIRST + r"¡?(?:hecho|ya está|todo listo)[.!* ]*\Z"), deed=Deed.DONE, only_short=True),
)
_FRENCH: tuple[Shape, ...] = (
    *_every(Deed.SENT, r"envoyée?s?|transmise?s?|transférée?s?|notifiée?s?", _JAI, _A_ETE),
    *_every(Deed.ORDERED, r"commandée?s?|achetée?s?|réservée?s?|payée?s?", _JAI, _A_ETE),
    *_every(Deed.RAN, r"exécutée?s?|installée?s?|redémarrée?s?|allumée?s?|éteinte?s?", _JAI, _A_ETE),
    *_every(Deed.SEARCHED, r"cherché sur (?:le web|internet)", _JAI),
    *_every(Deed.SAVED, r"enregistrée?s?|sauvegardée?s?|notée?s?|programmée?s?|planifiée?s?", _JAI, _A_ETE),
    *_every(
        Deed.SAVED,
        r"créée?s?|ajoutée?s?|mise?s?|configurée?s?|définie?s?|modifiée?s?|déplacée?s?|écrite?s?",
        _JAI,
        _A_ETE,
        needs_thing=True,
    ),
    *_every(Deed.REMOVED, r"supprimée?s?|effacée?s?|annulée?s?", _JAI, _A_ETE, needs_thing=True),
    Shape(pattern=_re(r"\bje (?:vous|te|t['\u2019])\s?(?:le )?(?:rappellerai|rappelle)\b"), deed=Deed.REMINDED),
    Shape(
        pattern=_re(_FIRST + r"(?:rappel|alarme) (?:créée?|enregistrée?|programmée?|définie?)\b"), deed=Deed.REMINDED
    ),
    Shape(pattern=_re(_FIRST + r"(?:e-?mail|message|courriel) envoyé\b"), deed=Deed.SENT),
    Shape(pattern=_re(_FIRST + r"(?:enregistrée?|envoyée?)[.!]"), deed=Deed.SAVED, only_short=True),
    Shape(
        pattern=_re(_FIRST + r"(?:c['\u2019]est fait|voilà,? c['\u2019]est fait|c['\u2019]est réglé|fait[.!])[^:]*\Z"),
        deed=Deed.DONE,
        only_short=True,
    ),
)
_PROMISE = Shape(
    pattern=_re(
        r"\b(?:please (?:wait|hold|stand by)|one moment|just a (?:moment|second|sec|minute)|hold on"
        r"|give me a (?:moment|second)"
        r"|bitte warten?|(?:einen|ein) moment|un momento|espera un|un instant|patiente[zr]|veuillez patienter)\b"
    ),
    deed=Deed.PROMISED,
    only_short=True,
)
SHAPES = (_PROMISE, *_ENGLISH, *_GERMAN, *_SPANISH, *_FRENCH)

_NEGATIONS = (
    r"\bnone\b|\bno (?:\w+ ){1,2}(?:has|have|was|were|is|are)\b|\bnot\b|n['\u2019]t\b|\bnever\b|\bno tool\b|\bunable\b",
    r"\bfailed\b|\bwithout\b|\bno changes?\b|\bnothing\b|\bnicht\b|\bkeine?[nrms]?\b|\bnie\b|\bnichts\b",
    r"\bno (?:he|ha|se|pude|puedo)\b|\bnunca\b|\bnada\b|\bsin\b|\bn['\u2019]ai\b|\bpas\b|\bjamais\b|\brien\b|\bsans\b",
)
_PLANS = (
    r"\b(?:if|unless|once|when|whenever|until|before|after|would|could|can|should|may|might|shall|let me)\b",
    r"\b(?:going to|want)\b",
    r"\b(?:wenn|falls|sobald|bevor|nachdem|würde|könnte|kann|soll|sollte|möchte)\b",
    r"\b(?:si|cuando|hasta que|podría|puedo|puede|quieres|quiere|voy a|debería)\b",
    r"\b(?:quand|lorsque|dès que|pourrais|peux|veux|voulez|vais|devrais)\b",
)
_EARLIER = (
    r"\b(?:earlier|yesterday|already|previously|ago|before|in the past|back in|last (?:\w+day|time|week|month|year))\b",
    r"\b(?:gestern|vorhin|bereits|schon|früher|letzte[nrs]?|vor \w+ (?:tagen?|stunden?|minuten))\b",
    r"\b(?:ayer|anteriormente|antes|hace \w+|la semana pasada)\b",
    r"\b(?:hier|déjà|auparavant|précédemment|il y a|la semaine dernière)\b",
)
_SAID_BY_OTHERS = (
    r"\b(?:according to|says?|said|states?|reads|mentions?|reports|shows? that|claims?|wrote that|writes)\b",
    r"\bsteht (?:in|im|auf|dort|da|hier|geschrieben|drin)\b|\b(?:dort|da|hier|darin) steht\b",
    r"\b(?:laut|schreibt|sagte?|heißt es|según|dice|dijo|selon|dit|indique)\b",
    r"\b(?:sent|written|saved|created|made) by\b|\bI was (?:created|made|trained)\b",
)
_WRITING = (
    r"(?<!@)\bexample\b(?!\.)|\be\.g\.|\bfor instance\b|\bdraft\b(?!\.)|\bpretend\b|\bimagine\b|\bsuppose\b",
    r"\bhypothetically\b|\bautomatically\b|\bbelow\b|\babove\b|\bfollowing\b|\bunten\b|\babajo\b|\bci-dessous\b",
    r"\b(?:beispiel|entwurf|ejemplo|borrador|exemple|brouillon)\b",
    r"\byou (?:have|['\u2019]ve|can|could|should|need|must)\b|\byou['\u2019]ve\b",
)
EXCUSES = _re("|".join((*_NEGATIONS, *_PLANS, *_EARLIER, *_SAID_BY_OTHERS, *_WRITING)))
"""A sentence with one of these is taken for no claim."""
ABOUT_BEFORE = _re(
    r"\b(?:did|have|had|has|were|was|is|are) (?:you|the|my|it|that|this)\b.*\?|\bwhat (?:did|have) you\b|\bwhen did\b"
    r"|\bhast du\b|\bwurden?\b.*\?|\bist (?:die|der|das|mein)\b.*\?|\bwas hast\b"
    r"|\bhas \w+(?:ado|ido)\b|\b¿?está\b.*\?|\bas-tu\b|\bavez-vous\b|\best-ce que tu as\b|\btu as\b.*\?"
)
"""The owner asks about what was done before."""
ASKS_FOR = _re(
    r"\b(?:can|could|would|will) you\b|\bplease\b|\bkannst du\b|\bkönntest\b|\bbitte\b|\bpuedes\b|\bpodrías\b"
    r"|\bpor favor\b|\bpeux-tu\b|\bpourrais-tu\b|\bs['\u2019]il (?:te|vous) plaît\b"
)
"""The owner asks for a deed, in the form of a question."""
