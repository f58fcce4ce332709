"""Break up strings that a chat template would read as role marks: `<|im_end|>` in a page must not end a message.

llama.cpp tokenises such strings inside a message as the real thing (measured: 40 against 58 tokens for the same
words), so a page could speak as the system. A blank after the first character makes them words again.
"""

import re

_CONTROL = re.compile(
    r"<(?=\|[^|<>\n]{1,40}\|>)"  # <|im_start|>, <|eot_id|>, <|channel|> ...
    r"|<(?=｜[^｜<>\n]{1,40}｜>)"  # noqa: RUF001 - DeepSeek writes its tokens with the fullwidth bar
    r"|<(?=/?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn|start_of_image|tool_response)>)"
    r"|<(?=</?SYS>>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|IMG)\])"
)


def harmless(text: str) -> str:
    """Return the text with every control token broken up by a blank; most texts come back as they are."""
    if "<" not in text and "[" not in text:
        return text
    return _CONTROL.sub(lambda mark: f"{mark.group()} ", text)
