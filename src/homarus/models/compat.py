"""The owner's `compat` settings of a provider or model, read once per request."""

from dataclasses import dataclass

from homarus.domain.content import Json, JsonObject
from homarus.domain.ports import Endpoint
from homarus.models.dialects import Dialect, dialect_of
from homarus.models.ndjson import as_list, as_object, as_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Compat:
    """What a server wants said differently."""

    raw: JsonObject
    is_local: bool

    @classmethod
    def of(cls, at: Endpoint) -> "Compat":
        """Read the settings of an endpoint."""
        return cls(raw=at.compat, is_local=at.is_local)

    def is_on(self, key: str, *, default: bool) -> bool:
        """Return a switch."""
        value = self.raw.get(key)
        return value if isinstance(value, bool) else default

    def word(self, key: str, default: str = "") -> str:
        """Return a setting that is a word."""
        return as_text(self.raw.get(key)) or default

    @property
    def system_role(self) -> str:
        """`system`, or `developer` where the server knows it."""
        return "developer" if self.is_on("supportsDeveloperRole", default=False) else "system"

    @property
    def dialect(self) -> Dialect:
        """What this server can take in the schema of a tool."""
        dropped = frozenset(as_text(word) for word in as_list(self.raw.get("unsupportedToolSchemaKeywords")))
        return dialect_of(self.word("toolSchemaProfile"), is_local=self.is_local, dropped=dropped)

    def effort(self, asked: str) -> str | None:
        """Return the reasoning effort in this server's words; nothing when it knows no such effort."""
        mapped = as_text(as_object(self.raw.get("reasoningEffortMap")).get(asked)) or asked
        known = [as_text(word) for word in as_list(self.raw.get("supportedReasoningEfforts"))]
        return mapped if not known or mapped in known else None

    def thinking(self, asked: str | None) -> dict[str, Json]:
        """Return the fields of a chat completion that ask for thinking, or for none."""
        if asked is None:
            return {}
        is_on = asked != "off"
        form = self.word("thinkingFormat")
        if form == "qwen":
            return {"enable_thinking": is_on}
        if form == "qwen-chat-template" or (not form and not is_on and self.is_local):
            return {"chat_template_kwargs": {"enable_thinking": is_on}}
        if form == "together":
            return {"reasoning": {"enabled": is_on}}
        effort = self.effort(asked) if is_on else None
        if form == "openrouter":
            return {"reasoning": {"effort": effort}} if effort else {"reasoning": {"enabled": False}}
        return {"reasoning_effort": effort} if effort else {}
