"""Small things that several gateway tests build."""

from homarus.domain.ids import AgentId, SessionKey, TurnId
from homarus.domain.turns import Inbound, Reply

MAIN = SessionKey("agent:main:main")


class MemoryBlobs:
    """Blobs in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        name = f"sha{len(self.kept)}"
        self.kept[name] = content
        return name

    async def get(self, digest: str) -> bytes:
        return self.kept[digest]


def inbound(text: str = "hello", *, external_id: str = "m1", session: SessionKey = MAIN) -> Inbound:
    return Inbound(channel="web", external_id=external_id, session=session, agent=AgentId("main"), text=text)


def reply(turn: str = "t1", text: str = "Good morning.") -> Reply:
    return Reply(turn_id=TurnId(turn), session=MAIN, text=text, route=None)
