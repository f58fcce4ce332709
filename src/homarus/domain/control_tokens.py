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
    r"|</?[|\uff5c]\s?DSML\s?[|\uff5c]"
    r"|</?(?:s|bos|eos|pad|unk|sop|eop|start_of_turn|end_of_turn|start_of_image|end_of_image|image_soft_token"
    r"|start_function_call|end_function_call|start_function_response|end_function_response|tool_response"
    r"|extra_id_\d+|unused\d+|fim_(?:prefix|middle|suffix|pad))>"
    r"|<</?SYS>>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS|MODEL_SETTINGS"
    r"|THINK|IMG|IMG_END|gMASK|BEGIN_AUDIO|AUDIO)\]"
    r"|\[\|[^|\]\n]{1,30}\|\]"
    r"|\u25c1/?[a-z_]{1,20}\u25b7",
    re.IGNORECASE,
)
_MARKS = "<[\u25c1"
_ENDS = re.compile(
    r"<[|\uff5c](?:im_end|eot_id|eom_id|end_of_text|endoftext|end|return|end\u2581of\u2581sentence|eot|END_OF_TURN_TOKEN"
    r"|END_RESPONSE|end_of_solution)[|\uff5c]>|</s>|<eos>|<end_of_turn>|<turn\|>",
    re.IGNORECASE,
)
_HEADS = re.compile(
    r"(?:<\|start\|>assistant\s*)?<\|channel\|>\s*\w+\s*<\|message\|>|<\|start\|>assistant\s*<\|message\|>"
    r"|<\|(?:start_header_id|im_start|start_of_role)\|>assistant(?:<\|(?:end_header_id|end_of_role)\|>|\n)",
    re.IGNORECASE,
)
"""A role with its marks: the word between them is no word of the answer."""
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


def harmless(text: str) -> str:
    """Return the text with every control token broken up by a blank; most texts come back as they are."""
    return _replaced(text, lambda mark: f"{mark.group()[0]} {mark.group()[1:]}")


def dropped(text: str) -> str:
    """Return the text with a blank in place of every control token."""
    return _replaced(text, lambda _mark: " ")


def spoken(text: str) -> str:
    """Return an answer without the control tokens that its model let slip, and without what it made up behind its end.

    What stands in code is shown to a person on purpose and stays.
    """
    if not any(mark in text for mark in _MARKS) or not _CONTROL.search(text):
        return text
    pieces: list[str] = []
    at = 0
    for code in (*_CODE.finditer(text), None):
        words = text[at : code.start() if code else len(text)]
        end = _ENDS.search(words)
        if end is not None and ("".join(pieces) + words[: end.start()]).strip():
            pieces.append(_stripped(words[: end.start()]))
            break
        pieces += [_stripped(words), code.group() if code else ""]
        at = code.end() if code else at
    return "".join(pieces).strip()


def _stripped(words: str) -> str:
    return _CONTROL.sub("", _HEADS.sub("", words))


def _replaced(text: str, by: Callable[[re.Match[str]], str]) -> str:
    return _CONTROL.sub(by, text) if any(mark in text for mark in _MARKS) else text
