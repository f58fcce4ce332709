"""What `doctor` says of playbooks: each source, when reading it worked last, and effects of which nobody knows."""

import asyncio
from collections.abc import Sequence

from homarus.domain.findings import EffectState
from homarus.domain.i18n import _
from homarus.domain.times import in_words
from homarus.gateway.facts import Finding
from homarus.gateway.playing.playing import Playing


async def findings_of(playing: Playing) -> Sequence[Finding]:
    """Look at every source, and at what is left unknown."""
    names = playing.sources.names()
    found = list(await asyncio.gather(*(_source(playing, name) for name in names)))
    found += [
        Finding(topic="playbooks", is_well=False, sentence=problem.sentence, hint=problem.hint)
        for problem in playing.problems()
    ]
    unknown = await playing.books.outgoing.effects(states=(EffectState.UNKNOWN,))
    if unknown:
        sentence = _("Of {count} effects nobody knows whether they happened.").format(count=len(unknown))
        found.append(
            Finding(topic="effects", is_well=False, sentence=sentence, hint="homarus playbooks effects --state unknown")
        )
    return found


async def _source(playing: Playing, name: str) -> Finding:
    """Ask a source how it is; alive is what was read, not what answers a test."""
    health = await playing.sources.probe(name)
    state = await playing.books.readings.state(name)
    last = in_words(state.last_ok.astimezone(playing.clock.zone)) if state.last_ok else _("never")
    words = _("{name}: {health} Read last: {last}.").format(name=name, health=health.sentence, last=last)
    if state.last_error:
        words += " " + _("The last try failed: {error}").format(error=state.last_error)
    is_well = health.is_well and not state.last_error
    hint = health.hint or ("" if is_well else "homarus playbooks sources --probe")
    return Finding(topic="sources", is_well=is_well, sentence=words, hint="" if is_well else hint)
