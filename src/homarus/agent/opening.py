"""Begin a turn: look at the past, choose the model, freeze what must not change, put the message into words."""

from dataclasses import replace

from homarus.agent import attachments, context, tokens
from homarus.agent.context import Opening
from homarus.agent.recent import recent
from homarus.agent.rooms import Frozen, Past, Profile, Scene
from homarus.agent.talk import Talk
from homarus.domain import codec
from homarus.domain.content import JsonObject
from homarus.domain.events import Kind
from homarus.domain.i18n import _
from homarus.domain.inference import ModelRef
from homarus.domain.labels import HOUSE
from homarus.domain.turns import Route, Routed

_SHARE_OF_OUTPUT = 4
"""One tool output may fill a quarter of the window."""
_MOST_OUTPUT_CHARS = 40_000


async def open_talk(scene: Scene) -> Talk:
    """Return a talk that is ready for its first question.

    Raises:
        HomarusError: when no model can be used; with what to do about it.
    """
    turn, models = scene.turn, scene.rooms.models
    past = await turn.history.past(turn.inbound.session, upto_seq=turn.history_seq)
    scene.has_read(HOUSE, turn.inbound.label, *past.labels)
    scene.has_read(*(turn.inbound.errand.labels if turn.inbound.errand is not None else ()))
    scene.has_read(*(attachments.untrusted(part.label) for part in turn.inbound.attachments))
    scene.grants |= past.grants
    route = await _route(scene)
    scene.route = route
    scene.watch(Routed(route=route))
    if route.instead_of:
        scene.notice(
            _("{model} answers instead of {first}.").format(model=route.model, first=route.instead_of)
            + f" {route.because}"
        )
    profile = await models.profile(route.model)
    frozen = await _frozen(scene, past, profile, route.model)
    scene.has_read(*frozen.labels)
    scene.output_chars = min(_MOST_OUTPUT_CHARS, tokens.chars_in(profile.window_tokens // _SHARE_OF_OUTPUT))
    if attachments.has_images(turn.inbound.attachments) and "image" not in profile.inputs:
        scene.notice(_("{model} cannot see pictures; it was told that there is one.").format(model=route.model))
    message = context.user_message(turn, attachments.inlined(turn.inbound.attachments, profile), scene.rooms.clock)
    scene.gained.append(message)
    opening = Opening(turn=turn, frozen=frozen, tools=scene.rooms.tools, past=past, current=(message,))
    return Talk(scene=scene, route=route, profile=profile, opening=opening)


async def _route(scene: Scene) -> Route:
    """Choose once; a replay takes the same road."""
    turn = scene.turn

    async def choose() -> JsonObject:
        # Only what cannot be shortened counts: a long past is compacted, not a reason for another model.
        about = tokens.of_text(turn.inbound.text)
        route = await scene.rooms.models.choose(
            turn,
            needs_images=attachments.has_images(turn.inbound.attachments),
            reach=scene.reach,
            prompt_tokens=about,
        )
        return {"route": codec.dump(route)}

    body = await scene.run.step("route", choose, kind=Kind.ROUTE_CHOSEN)
    return codec.load(Route, body["route"])


async def _frozen(scene: Scene, past: Past, profile: Profile, ref: ModelRef) -> Frozen:
    """Return what the session shows to this model, decided at its first turn.

    It is decided again only when the agent's tools have changed (a setting, a plugin, an upgrade): a main session can
    last for years, and its owner expects a tool that was switched on to be there.
    """
    known = past.frozen.get(str(ref))
    if known is not None and known.tools == context.tool_names(
        scene.turn.agent, profile, scene.rooms.tools, known.tier
    ):
        return known

    async def decide() -> JsonObject:
        frozen = context.freeze(scene.turn, profile, scene.rooms.tools)
        if scene.turn.is_main and profile.tool_protocol != "guided":
            now = scene.turn.accepted_at or scene.rooms.clock.now()
            noted = await recent(scene.rooms.memory, now.astimezone(scene.rooms.clock.zone), profile, frozen.tier)
            frozen = replace(frozen, recent=noted.text, labels=noted.labels)
        return {"model": str(ref), "frozen": codec.dump(frozen)}

    body = await scene.run.step("freeze", decide, kind=Kind.SESSION_FROZEN)
    frozen = codec.load(Frozen, body["frozen"])
    _warn_of_the_first(scene, frozen, profile, ref)
    return frozen


def _warn_of_the_first(scene: Scene, frozen: Frozen, profile: Profile, ref: ModelRef) -> None:
    """Say once in a session that its beginning is read for long, when even the small one is: later turns know it."""
    rate = profile.prefill_tokens_s
    if not rate or profile.tool_protocol == "guided":
        return
    prefix = context.prefix_tokens(scene.turn.agent, frozen, scene.rooms.tools, profile)
    if prefix / rate > scene.turn.agent.first_token_target_s:
        sentence = _(
            "{model} reads about {rate:.0f} tokens a second here: the first answer of a conversation begins after "
            "about {seconds:.0f} s, later ones much sooner."
        )
        scene.notice(sentence.format(model=ref, rate=rate, seconds=prefix / rate))
