"""Take `<think>` blocks out of an answer while it streams, wherever the chunks are cut."""

from typing import TypeAlias

from homarus.domain.inference import ReasoningDelta, TextDelta, Unsaid

Piece: TypeAlias = TextDelta | ReasoningDelta | Unsaid

_CLOSES = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "[think]": "[/think]",
    "<reasoning>": "</reasoning>",
    "<analysis>": "</analysis>",
    "<reflection>": "</reflection>",
    "<scratchpad>": "</scratchpad>",
    "<denken>": "</denken>",
    "<gedanken>": "</gedanken>",
    "<pensamiento>": "</pensamiento>",
    "<réflexion>": "</réflexion>",
    "<思考>": "</思考>",
    "【思考】": "【/思考】",
    "<seed:think>": "</seed:think>",
    "<|start_thinking|>": "<|end_thinking|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    "\u25c1think\u25b7": "\u25c1/think\u25b7",
    "<|channel>thought": "<channel|>",
    "<|channel|>analysis<|message|>": "<|end|>",
    "<|start|>assistant<|channel|>analysis<|message|>": "<|end|>",
}
"""As Qwen, Magistral, Seed-OSS, Command R, Apertus, Kimi, Gemma 4, gpt-oss (harmony) and tunes write thoughts."""
_PASSED = (
    "<|start|>assistant<|channel|>final<|message|>",
    "<|channel|>final<|message|>",
    "<|begin_of_solution|>",
    "<|start_response|>",
)
"""What says that the answer begins, and is no part of it."""
_LONGEST = max(map(len, (*_CLOSES, *_PASSED)))
_FENCE = "```"
_UNOPENED = "</think>"
_STARTS = "<[`\u25c1\u3010"


class ThinkSplitter:
    """Takes text as it comes and says what is answer and what is thinking.

    A block opens only at the beginning of a line outside a code fence, so that an answer about `<think>` tags is not
    taken for one. A tag that closes without having opened turns everything before it into thinking; what was already
    handed out as answer is taken back with `Unsaid`. With `is_thinking`, the answer is known to begin inside a block.
    """

    def __init__(self, *, is_thinking: bool = False) -> None:
        """Begin outside a block, or inside one."""
        self._rest = ""
        self._close = _UNOPENED if is_thinking else ""
        self._began_inside = is_thinking
        self._inside: list[str] = []
        self._is_line_start = True
        self._is_fenced = False
        self._skips_space = is_thinking
        self._may_be_unopened = not is_thinking
        self.found_unopened = False
        """Whether this answer closed a block that it never opened."""

    def feed(self, text: str) -> list[Piece]:
        """Return what is certain now."""
        self._rest += text
        return self._pieces(is_last=False)

    def close(self) -> list[Piece]:
        """Return what was held back."""
        pieces = self._pieces(is_last=True)
        if self._began_inside and self._close and self._inside:
            # It began inside a block by what we knew of the model, and nothing closed it: it was the answer after all.
            pieces.append(TextDelta(text="".join(self._inside)))
        return pieces

    def _pieces(self, *, is_last: bool) -> list[Piece]:
        pieces: list[Piece] = []
        while self._rest:
            at = _first(self._rest)
            if at:
                self._say(self._rest[:at], pieces)
                self._rest = self._rest[at:]
                continue
            tags = self._tags()
            low = self._rest[:_LONGEST].lower()
            found = next((tag for tag in tags if low.startswith(tag)), None)
            if found is not None:
                self._rest = self._rest[len(found) :]
                self._meet(found, pieces)
            elif not is_last and any(tag.startswith(low) for tag in tags):
                break
            else:
                self._say(self._rest[0], pieces)
                self._rest = self._rest[1:]
        return pieces

    def _tags(self) -> tuple[str, ...]:
        """Return what would mean something right here."""
        if self._close:
            return (self._close,)
        unopened = (_UNOPENED,) if self._may_be_unopened and not self._is_fenced else ()
        if not self._is_line_start:
            return unopened
        return (_FENCE, *unopened) if self._is_fenced else (_FENCE, *_CLOSES, *_PASSED, *unopened)

    def _meet(self, tag: str, pieces: list[Piece]) -> None:
        if tag == _FENCE:
            self._is_fenced = not self._is_fenced
            self._say(tag, pieces)
        elif tag == self._close:
            self.found_unopened = self.found_unopened or self._began_inside
            self._close, self._began_inside = "", False
            self._is_line_start, self._skips_space = True, True
        elif tag in _PASSED:
            self._skips_space = True
        elif tag == _UNOPENED:
            pieces.append(Unsaid())
            self.found_unopened, self._may_be_unopened = True, False
            self._is_line_start, self._skips_space = True, True
        else:
            self._close, self._may_be_unopened = _CLOSES[tag], False
            self._skips_space = True

    def _say(self, text: str, pieces: list[Piece]) -> None:
        if self._skips_space:
            text = text.lstrip()
            if not text:
                return
            self._skips_space = False
        if self._close:
            if self._began_inside:
                self._inside.append(text)
            _join(pieces, ReasoningDelta(text=text))
            return
        head, newline, tail = text.rpartition("\n")
        del head
        self._is_line_start = not tail.strip() and (bool(newline) or self._is_line_start)
        _join(pieces, TextDelta(text=text))


def _first(text: str) -> int:
    """Return where the first character stands that may begin a tag, or the length."""
    return min((at for mark in _STARTS if (at := text.find(mark)) >= 0), default=len(text))


def _join(pieces: list[Piece], piece: TextDelta | ReasoningDelta) -> None:
    """Add a piece, in one with the last when that is of the same kind."""
    last = pieces[-1] if pieces else None
    if isinstance(last, TextDelta) and isinstance(piece, TextDelta):
        pieces[-1] = TextDelta(text=last.text + piece.text)
    elif isinstance(last, ReasoningDelta) and isinstance(piece, ReasoningDelta):
        pieces[-1] = ReasoningDelta(text=last.text + piece.text)
    else:
        pieces.append(piece)
