"""Post on the owner's social accounts, once, and see whether a post that was cut off is there."""

from typing import Annotated

from homarus.domain.acts import Risk, ToolOutput
from homarus.domain.content import JsonObject
from homarus.domain.errors import (
    ConnectionFailedError,
    EgressRefusedError,
    Stage,
    ToolArgumentError,
    ToolFailedError,
)
from homarus.domain.i18n import _
from homarus.domain.labels import HOUSE
from homarus.domain.lengths import at_most
from homarus.domain.marks import tool
from homarus.domain.tooling import ToolContext
from homarus.tools.networks import bluesky, mastodon
from homarus.tools.networks.accounts import BlueskySettings, MastodonSettings
from homarus.tools.networks.wire import Said
from homarus.tools.posting import checked

Line = Annotated[str, at_most(300)]
_SURE = frozenset({Stage.RESOLVE, Stage.CONNECT})


@tool("social.post", risk=Risk.ACT, key=["account"], is_repeatable=False, look_up="social.find")
async def post(context: ToolContext, *, account: Line, text: Annotated[str, at_most(5_000)]) -> ToolOutput:
    """Post a text on one of the owner's social accounts, for everybody to see."""
    settings = _account(context, account)
    if not text.strip():
        raise ToolArgumentError("`text` is empty.", hint="Write what to post.")
    network = "mastodon" if isinstance(settings, MastodonSettings) else "bluesky"
    try:
        said = await _posted(context, settings, text)
    except EgressRefusedError as error:
        raise ToolFailedError(f"Not posted: {error.message}", hint=error.hint) from error
    except ConnectionFailedError as error:
        if error.stage in _SURE:
            raise ToolFailedError(f"Not posted: {error.message}", hint=error.hint) from error
        raise
    except TimeoutError as error:
        raise _unsure(network, _("it took too long")) from error
    if not said.is_ok:
        raise _unsure(network, said.problem)
    remote = str(said.body.get("uri") or said.body.get("url") or said.body.get("id") or "")
    summary = _("Posted on {network}: {text}").format(network=network, text=" ".join(text.split())[:120])
    facts: JsonObject = {"remote_id": remote, "network": network, "cost_usd": checked(network, text).cost_usd}
    return ToolOutput(text=f"{summary} ({remote})", label=HOUSE, summary=summary, facts=facts)


@tool("social.find", risk=Risk.REACH, key=["idempotency_key", "arguments"])
async def find(context: ToolContext, *, idempotency_key: Line, arguments: JsonObject) -> ToolOutput:
    """Look whether a post that was cut off on its way is there."""
    settings = _account(context, str(arguments.get("account", "")))
    try:
        if isinstance(settings, BlueskySettings):
            remote = await bluesky.find(settings, context.door, key=idempotency_key)
            found = remote is not None
        else:
            remote = await mastodon.find(settings, context.door, str(arguments.get("text", "")))
            found = True if remote else None  # servers rewrite texts, so not to be found says little
    except (ConnectionFailedError, EgressRefusedError) as error:
        raise ToolFailedError(f"Could not look: {error.message}", hint=error.hint) from error
    except TimeoutError as error:
        raise ToolFailedError("Could not look: it took too long.", hint="Try again later.") from error
    there, not_there = _("The post is there."), _("The post was not found.")
    said = there if found else not_there
    return ToolOutput(text=said, label=HOUSE, summary=said, facts={"found": found, "remote_id": remote or ""})


async def _posted(context: ToolContext, settings: MastodonSettings | BlueskySettings, text: str) -> Said:
    key = context.idempotency_key
    if isinstance(settings, MastodonSettings):
        return await mastodon.post(settings, context.door, text, key=key)
    return await bluesky.post(settings, context.door, text, key=key, at=context.clock.now())


def _unsure(network: str, because: str) -> ConnectionFailedError:
    return ConnectionFailedError(
        Stage.CUT,
        _("{network} broke off while it took the post ({because}); nobody knows whether it is there.").format(
            network=network, because=because
        ),
        hint=_("Look at the account before it is posted again."),
    )


def _account(context: ToolContext, name: str) -> MastodonSettings | BlueskySettings:
    known = {
        each.name: each.settings
        for each in context.accounts.values()
        if isinstance(each.settings, MastodonSettings | BlueskySettings)
    }
    if name in known:
        return known[name]
    told = ", ".join(sorted(known)) or "none; the owner sets them up under `sources`"
    raise ToolArgumentError(f"There is no social account {name!r}.", hint=f"Accounts: {told}.")
