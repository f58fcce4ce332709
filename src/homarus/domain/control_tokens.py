"""The strings that a chat template would read as role marks: `<|im_end|>` in a page must not end a message.

llama.cpp tokenises such strings inside a message as the real thing (measured: 40 against 58 tokens for the same
words), so a page could speak as the system. A blank after the first character makes them words again.
"""

import re
from collections.abc import Callable

_CONTROL = re.compile(
    # <|im_start|>, <|eot_id|>, <|channel|> of most models, <|turn> and <turn|> of Gemma; DeepSeek has the wide bar
    r"<[|\uff5c][^|\uff5c<>\n]{1,40}[|\uff5c]?>"
    r"|<[^|\uff5c<>\n]{1,40}[|\uff5c]>"
    r"|</?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn|start_of_image|tool_response)>"
    r"|<</?SYS>>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|IMG)\]",
    re.IGNORECASE,
)


def harmless(text: str) -> str:
    """Return the text with every control token broken up by a blank; most texts come back as they are."""
    return _replaced(text, lambda mark: f"{mark.group()[0]} {mark.group()[1:]}")


def dropped(text: str) -> str:
    """Return the text with a blank in place of every control token."""
    return _replaced(text, lambda _mark: " ")


def _replaced(text: str, by: Callable[[re.Match[str]], str]) -> str:
    return _CONTROL.sub(by, text) if "<" in text or "[" in text else text
