"""Mastodon, whose servers keep an Idempotency-Key for an hour.

Source: https://docs.joinmastodon.org/methods/statuses/.
"""

from homarus.domain.errors import ToolFailedError
from homarus.domain.labels import HOUSE
from homarus.domain.ports import Door
from homarus.tools.networks.accounts import MastodonSettings
from homarus.tools.networks.wire import Said, call
from homarus.tools.posting import length_at
from homarus.tools.readable import readable

_USUAL_LIMIT = 500
_FIRST_SERVER_ERROR = 500


async def limit_of(settings: MastodonSettings, door: Door) -> int:
    """Return how many characters the server takes; the usual ones where it does not say."""
    said = await call(door, "GET", f"{settings.base}/api/v2/instance")
    configuration = said.body.get("configuration")
    statuses = configuration.get("statuses") if isinstance(configuration, dict) else None
    most = statuses.get("max_characters") if isinstance(statuses, dict) else None
    return most if isinstance(most, int) else _USUAL_LIMIT


async def post(settings: MastodonSettings, door: Door, text: str, *, key: str) -> Said:
    """Post a text once: the server knows the key.

    Raises:
        ToolFailedError: when it surely was not posted.
    """
    limit = await limit_of(settings, door)
    length = length_at("mastodon", text)
    if length > limit:
        raise ToolFailedError(
            f"The text has {length} characters; this server takes {limit}.", hint="Shorten it.", label=HOUSE
        )
    said = await call(
        door,
        "POST",
        f"{settings.base}/api/v1/statuses",
        token=settings.token.get_secret_value(),
        body={"status": text, "visibility": settings.visibility},
        headers={"Idempotency-Key": key},
    )
    if not said.is_ok and said.status < _FIRST_SERVER_ERROR:
        raise ToolFailedError(f"Mastodon refused it: {said.problem}", hint="Check the token and the text.")
    return said


async def find(settings: MastodonSettings, door: Door, text: str) -> str | None:
    """Return the id of a recent post with this text, if there is one."""
    token = settings.token.get_secret_value()
    me = await call(door, "GET", f"{settings.base}/api/v1/accounts/verify_credentials", token=token)
    if not me.is_ok or "id" not in me.body:
        return None
    said = await call(door, "GET", f"{settings.base}/api/v1/accounts/{me.body['id']}/statuses?limit=40", token=token)
    wanted = "".join(text.split())
    for row in said.rows:
        told = "".join(readable(str(row.get("content", "")), url="").text.split())
        if told == wanted:
            return str(row.get("id", ""))
    return None
