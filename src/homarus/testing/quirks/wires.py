"""Quirks of what goes over the wire: deaths, stalls, odd streams, answers that are something else."""

from collections.abc import Callable
from dataclasses import replace

from homarus.domain.errors import Failure
from homarus.testing.quirks.acts import JSON_TYPE, Act, Cut, End, Head, Pause, Piece, Reset, Stall, whole
from homarus.testing.quirks.completions import progress
from homarus.testing.quirks.quirk import Quirk, Stream
from homarus.testing.quirks.turns import ANTHROPIC_MESSAGES, OLLAMA, OPENAI_COMPLETIONS, OPENAI_RESPONSES, Asked

_SSE = (OPENAI_COMPLETIONS, OPENAI_RESPONSES, ANTHROPIC_MESSAGES)


def _instead(*acts: Act) -> Stream:
    return lambda _, __: list(acts)


def _is_content(act: Act) -> bool:
    return isinstance(act, Piece) and act.of in ("text", "reasoning", "call")


def _middle(acts: list[Act], kinds: tuple[str, ...]) -> int:
    """Return the place in the acts where half of the pieces of these kinds are sent; the end when there are none."""
    pieces = [place for place, act in enumerate(acts) if isinstance(act, Piece)]
    places = [place for place in pieces if len(pieces) == 1 or getattr(acts[place], "of", "") in kinds]
    return places[len(places) // 2] if places else len(acts)


def _half(acts: list[Act], end: Act, kinds: tuple[str, ...]) -> list[Act]:
    place = _middle(acts, kinds)
    if place == len(acts):
        return acts
    whole_piece = acts[place]
    kept: list[Act] = acts[:place]
    if len([act for act in acts if isinstance(act, Piece)]) == 1 and isinstance(whole_piece, Piece):
        kept.append(replace(whole_piece, data=whole_piece.data[: len(whole_piece.data) // 2]))
    return [*kept, Pause(units=0.05), end]


def _break_off(end: Act, *kinds: str) -> Stream:
    return lambda acts, _: _half(acts, end, kinds or ("text", "reasoning", "call"))


def _before_content(extra: list[Act]) -> Stream:
    def stream(acts: list[Act], asked: Asked) -> list[Act]:
        del asked
        place = next((place for place, act in enumerate(acts) if _is_content(act)), len(acts) - 1)
        return acts[:place] + extra + acts[place:]

    return stream


def _slow(acts: list[Act], asked: Asked) -> list[Act]:
    del asked
    slowed: list[Act] = []
    for act in acts:
        slowed += [Pause(units=0.2), act] if _is_content(act) else [act]
    return slowed


def _progress(acts: list[Act], asked: Asked) -> list[Act]:
    steps: list[Act] = []
    for done in (0, 512, 1024, 2048) if asked.has_progress else ():
        steps += [progress(asked, done, 2048), Pause(units=0.1)]
    return acts[:1] + steps + acts[1:]


def _slow_progress(acts: list[Act], asked: Asked) -> list[Act]:
    steps: list[Act] = []
    for done in (0, 1024, 2048, 3072):
        told: list[Act] = [progress(asked, done, 4096)] if asked.has_progress else []
        steps += [*told, Pause(units=0.75)]
    return acts[:1] + steps + acts[1:]


def _each_piece(change: Callable[[bytes, int], bytes]) -> Stream:
    def stream(acts: list[Act], asked: Asked) -> list[Act]:
        del asked
        return [
            replace(act, data=change(act.data, place)) if isinstance(act, Piece) else act
            for place, act in enumerate(acts)
        ]

    return stream


def _crlf(data: bytes, place: int) -> bytes:
    """Mix the three line ends that the standard allows: CRLF, CR and LF."""
    return data.replace(b"\n", (b"\r\n", b"\n", b"\r")[place % 3])


def _no_terminator(acts: list[Act], asked: Asked) -> list[Act]:
    del asked
    place = max(place for place, act in enumerate(acts) if isinstance(act, Piece))
    last = acts[place]
    assert isinstance(last, Piece)
    return [*acts[:place], replace(last, data=last.data.rstrip(b"\n")), *acts[place + 1 :]]


def _giant(acts: list[Act], asked: Asked) -> list[Act]:
    """Send everything in one write, after a comment line of 300 kB."""
    body = b"".join(act.data for act in acts if isinstance(act, Piece))
    comment = b": " + b"x" * 300_000 + b"\n\n" if asked.api in _SSE else b" " * 300_000 + b"\n"
    return [acts[0], Piece(data=comment + body, of="text"), End()]


def _split_bytes(acts: list[Act], asked: Asked) -> list[Act]:
    """Send the body in pieces of seven bytes, which cut letters of several bytes."""
    del asked
    body = b"".join(act.data for act in acts if isinstance(act, Piece))
    small: list[Act] = [Piece(data=body[start : start + 7], of="text") for start in range(0, len(body), 7)]
    return [acts[0], *small, End()]


def _comments(data: bytes, place: int) -> bytes:
    return (b": keep-alive %d\n\n" % place) + b"retry: 3000\n" + data


def _twice(acts: list[Act], asked: Asked) -> list[Act]:
    """Send each event that ends something twice."""
    del asked
    doubled: list[Act] = []
    for act in acts:
        doubled += [act, act] if isinstance(act, Piece) and act.of in ("finish", "done") else [act]
    return doubled


def _without(*kinds: str) -> Stream:
    return lambda acts, _: [act for act in acts if not (isinstance(act, Piece) and act.of in kinds)]


def _nan(data: bytes, place: int) -> bytes:
    del place
    return data.replace(b'"created":1795167389', b'"created":NaN').replace(
        b'"created_at":1795167389', b'"created_at":NaN'
    )


def _wrong_length(acts: list[Act], asked: Asked) -> list[Act]:
    """Claim a body of a hundred bytes more than there is, then close."""
    del asked
    size = sum(len(act.data) for act in acts if isinstance(act, Piece))
    head = acts[0]
    assert isinstance(head, Head)
    pieces = [act for act in acts if isinstance(act, Piece)]
    return [replace(head, length=size + 100), *pieces, Pause(units=0.05), Cut()]


_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Welcome</h1></body></html>"
_LOST = Failure.CUT_OFF

DEATHS: tuple[Quirk, ...] = (
    Quirk(
        name="dies_at_once",
        about="The connection is reset before anything is answered.",
        stream=_instead(Reset()),
        failure=Failure.SERVER_DOWN,
    ),
    Quirk(
        name="dies_midway", about="Reset (RST) in the middle of the answer.", stream=_break_off(Reset()), failure=_LOST
    ),
    Quirk(
        name="closes_midway",
        about="The connection is closed in the middle of the answer, without ending the body.",
        stream=_break_off(Cut()),
        failure=_LOST,
    ),
    Quirk(
        name="dies_in_call",
        about="Reset in the middle of the JSON of a tool call.",
        stream=_break_off(Reset(), "call"),
        failure=_LOST,
    ),
    Quirk(
        name="half_a_sentence",
        about="The body ends well in the middle of a sentence, without the protocol's end mark.",
        stream=_break_off(End(), "text", "call"),
        failure=_LOST,
        is_stream_only=True,
    ),
    Quirk(
        name="stalls_at_once",
        about="The request is taken and nothing is ever answered.",
        stream=_instead(Stall()),
        failure=Failure.FIRST_TOKEN_TIMEOUT,
    ),
    Quirk(
        name="stalls_before_words",
        about="Status and headers come, then nothing.",
        stream=lambda acts, _: [acts[0], Stall()],
        failure=Failure.FIRST_TOKEN_TIMEOUT,
        is_stream_only=True,
    ),
    Quirk(
        name="stalls_midway", about="Half an answer, then nothing.", stream=_break_off(Stall()), failure=Failure.STALLED
    ),
)

STREAMS: tuple[Quirk, ...] = (
    Quirk(
        name="slow_first_token",
        about="Nothing for one `pause_s`, then the answer.",
        stream=_before_content([Pause()]),
    ),
    Quirk(
        name="unloads",
        about="Nothing stays loaded: each prompt waits one `pause_s` for the model, and `/api/ps` is empty.",
        stream=lambda acts, _: [Pause(), *acts],
        is_unloading=True,
    ),
    Quirk(name="slow_words", about="A fifth of `pause_s` before each piece.", stream=_slow),
    Quirk(
        name="prefill_progress",
        about="Says how much of the prompt has been read, when asked to (llama.cpp).",
        stream=_progress,
        only=(OPENAI_COMPLETIONS,),
        is_stream_only=True,
    ),
    Quirk(
        name="crlf_mix",
        about="Lines end with CRLF, LF and CR in turn.",
        stream=_each_piece(_crlf),
        only=_SSE,
        is_stream_only=True,
    ),
    Quirk(
        name="no_terminator",
        about="The last event is not followed by an empty line.",
        stream=_no_terminator,
        is_stream_only=True,
    ),
    Quirk(
        name="giant_line", about="A line of 300 kB, and then everything at once.", stream=_giant, is_stream_only=True
    ),
    Quirk(
        name="split_utf8",
        about="Pieces of seven bytes, which cut letters in two.",
        stream=_split_bytes,
        is_stream_only=True,
    ),
    Quirk(
        name="comments",
        about="Comments and `retry:` fields between the events.",
        stream=_each_piece(_comments),
        only=_SSE,
        is_stream_only=True,
    ),
    Quirk(
        name="duplicated_events",
        about="The events that end the answer come twice.",
        stream=_twice,
        is_stream_only=True,
    ),
    Quirk(
        name="missing_done",
        about="The finish reason comes, `[DONE]` does not.",
        stream=_without("done"),
        only=(OPENAI_COMPLETIONS,),
        is_stream_only=True,
    ),
    Quirk(
        name="nan",
        about="NaN stands where a number is due, which is not JSON.",
        stream=_each_piece(_nan),
        only=(OPENAI_COMPLETIONS, OPENAI_RESPONSES),
    ),
    Quirk(
        name="no_usage",
        about="The stream does not tell how many tokens were read and written, although it was asked to.",
        stream=lambda acts, _: [act for act in acts if not (isinstance(act, Piece) and b'"choices":[]' in act.data)],
        only=(OPENAI_COMPLETIONS,),
        is_stream_only=True,
    ),
    Quirk(
        name="slow_reading",
        about="Reading the prompt takes three `pause_s`, and it says how far it is when asked to (llama.cpp).",
        stream=_slow_progress,
        is_stream_only=True,
    ),
    Quirk(
        name="done_at_once",
        about="Status 200 and the end mark, with nothing between.",
        stream=lambda acts, _: [
            acts[0],
            *[act for act in acts[1:] if isinstance(act, Piece) and act.of == "done"],
            End(),
        ],
        only=(OPENAI_COMPLETIONS,),
        failure=Failure.BAD_ANSWER,
        is_stream_only=True,
    ),
    Quirk(
        name="error_200",
        about="Status 200, and a JSON object with an error in it instead of a stream (proxies).",
        stream=lambda _, __: whole(b'{"error":{"message":"Provider returned error","code":502}}'),
        only=(OPENAI_COMPLETIONS,),
        failure=Failure.SERVER_ERROR,
    ),
    Quirk(
        name="wrong_length",
        about="Content-Length promises a hundred bytes more than come.",
        stream=_wrong_length,
    ),
    Quirk(
        name="html_200",
        about="A login page, with status 200.",
        stream=lambda _, __: whole(_PAGE, headers=(("Content-Type", "text/html"),)),
        failure=Failure.BAD_ANSWER,
    ),
    Quirk(
        name="garbage_200",
        about="Bytes that mean nothing, with status 200 and the type of JSON.",
        stream=lambda _, __: whole(b"\x00\xff\xfenot json at all\x00{{{\n", headers=JSON_TYPE),
        failure=Failure.BAD_ANSWER,
    ),
    Quirk(
        name="error_in_stream",
        about="Status 200, half an answer, then an error in the stream.",
        stream=lambda acts, asked: [*_half(acts, _error_piece(asked), ("text", "reasoning", "call")), End()],
        failure=Failure.SERVER_ERROR,
        is_stream_only=True,
    ),
)


def _error_piece(asked: Asked) -> Piece:
    words = b'"message":"Internal server error, the runner has stopped"'
    if asked.api == OLLAMA:
        return Piece(data=b'{"error":"llama runner process has terminated: exit status 2"}\n')
    if asked.api == ANTHROPIC_MESSAGES:
        return Piece(data=b'event: error\ndata: {"type":"error","error":{"type":"api_error",' + words + b"}}\n\n")
    if asked.api == OPENAI_RESPONSES:
        return Piece(data=b'event: error\ndata: {"type":"error","code":"server_error","param":null,' + words + b"}\n\n")
    return Piece(data=b'data: {"error":{"code":500,"type":"server_error",' + words + b"}}\n\n")
