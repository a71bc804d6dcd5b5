"""What hostile servers send: as the list of their models, and as the reply to one prompt of several."""

import gzip
import json
import random
import zlib

from tests.hostile.servers.server import Way, answer_of, endlessly, parts, reply

LOUD = (
    "\x1b]0;title\x07\x1b[31m\x9b2J\x85[red]x[/red][/]\u202eabc\u2066\u200b\U000e0041\rover\x00\ud800\udc9b"
)
"""All that a terminal or a reader should not get: titles, colours, C1, markup, turned and hidden text, surrogates."""
RAW = LOUD.encode("utf-8", "surrogatepass")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def changed(**fields: object) -> dict[str, object]:
    """A good answer whose only choice has other fields."""
    whole = answer_of()
    whole["choices"] = [{**whole["choices"][0], **fields}]  # type: ignore[index]
    return whole


def usage(**fields: object) -> dict[str, object]:
    return answer_of(usage={"prompt_tokens": 3, "completion_tokens": 2, **fields})


def zipped(content: bytes, encoding: str = "gzip") -> Way:
    return reply(content, "200 OK", f"Content-Encoding: {encoding}")


def bomb(size: int) -> bytes:
    """`size` bytes of white space, then a good answer, in a thousandth of that."""
    packer = zlib.compressobj(9, wbits=31)
    piece = b" " * (1 << 20)
    packed = b"".join(packer.compress(piece) for _ in range(size >> 20))
    return packed + packer.compress(json.dumps(answer_of()).encode()) + packer.flush()


def error(status: str, *headers: str) -> Way:
    return reply({"error": {"message": LOUD}}, status, *headers)


GOOD = json.dumps(answer_of()).encode()
DEEP = b'{"choices":' + b"[" * 200_000
BODIES: dict[str, bytes | object] = {
    "usage is a text": answer_of(usage="many"),
    "usage is a list": answer_of(usage=[3, 2]),
    "tokens are a text": usage(completion_tokens="two"),
    "tokens are a list": usage(prompt_tokens=[1]),
    "tokens are true": usage(completion_tokens=True),
    "tokens are negative": usage(completion_tokens=-5),
    "tokens are NaN": usage(completion_tokens=float("nan")),
    "tokens are Infinity": usage(prompt_tokens=float("inf")),
    "tokens are half": usage(completion_tokens=1.5),
    "tokens are huge": usage(completion_tokens=10**400),
    "tokens of 10,000 digits": b'{"choices": [], "usage": {"prompt_tokens": ' + b"9" * 10_000 + b"}}",
    "no choices": {"usage": {}},
    "choices are null": {"choices": None},
    "choices are an object": {"choices": {"0": answer_of()["choices"]}},
    "choices are numbers": {"choices": [1, 2]},
    "no choice": {"choices": []},
    "a thousand choices": {
        "choices": [{"index": n, "text": "x", "finish_reason": "stop"} for n in range(1000)]
    },
    "the same choice twice": {"choices": answer_of()["choices"] * 2},  # type: ignore[operator]
    "another choice": changed(index=7),
    "a choice of no number": changed(index="first"),
    "content is a list": changed(message={"content": [{"type": "text", "text": "x"}]}, text=["x"]),
    "content is a number": changed(message={"content": 7}, text=7),
    "content is an object": changed(message={"content": {}}, text={}),
    "no content": changed(message={}, text=None),
    "message is a text": changed(message="hello", text=True),
    "reasoning is a list": changed(message={"content": "x", "reasoning_content": ["a"]}, text=[]),
    "finish reason of escapes": changed(finish_reason=LOUD),
    "finish reason of a list": changed(finish_reason=["stop"]),
    "finish reason of an object": changed(finish_reason={"a": LOUD}),
    "finish reason of a million letters": changed(finish_reason="x" * 1_000_000),
    "no finish reason": {"choices": [{"text": "x", "message": {"content": "x"}}]},
    "logprobs of no shape": changed(logprobs={"token_logprobs": "abc", "top_logprobs": [[[]]]}),
    "a text of escapes": answer_of(LOUD),
    "deep nesting": DEEP,
    "deep objects": b'{"a":' * 100_000,
    "a list": [answer_of()],
    "a text": "ok",
    "null": b"null",
    "nothing": b"",
    "events": b"data: " + GOOD + b"\n\ndata: [DONE]\n\n",
    "a page": b"<!doctype html><title>" + RAW + b"</title>",
    "noise": random.Random(0).randbytes(5000),
    "UTF-16": json.dumps(answer_of()).encode("utf-16"),
    "two objects": GOOD + GOOD,
    "a key twice": GOOD[:-1] + b', "choices": 7}',
    "100 MB": b'{"choices": "' + b"x" * 100_000_000 + b'"}',
    "many small objects": b'{"choices": [' + b"{}," * 1_000_000 + b"{}]}",
}
TOKENS: dict[str, object] = {
    "ids out of range": [10**6, 2**31 - 1],
    "ids beyond 64 bits": [2**70],
    "negative ids": [-1, -(2**40)],
    "ids of text": ["1", "2"],
    "ids of numbers": [1.5, float("nan")],
    "ids in lists": [[1], [2]],
    "ids are true": [True, False],
    "ids are a text": "12",
    "ids are an object": {"0": 1},
    "100,000 ids": [65] * 100_000,
}
"""As `token_ids`, for a server whose model's tokenizer is here."""
WAYS: dict[str, Way] = {
    "a page of another kind": parts(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=" + RAW + b"\r\n\r\nhello"
    ),
    "a gzip bomb": zipped(bomb(1 << 30)),
    "a gzip within": zipped(gzip.compress(bomb(100 << 20))),
    "torn gzip": zipped(gzip.compress(GOOD)[:-20]),
    "no gzip": zipped(GOOD),
    "an encoding of its own": zipped(GOOD, "br"),
    "an encoding of escapes": zipped(GOOD, "\x1b[31m"),
    "torn chunks": parts(CHUNKED, b"zz\r\n", GOOD),
    "a chunk without an end": parts(CHUNKED, b"ffffff\r\n", GOOD),
    "a chunk of a huge size": parts(CHUNKED, b"f" * 40 + b"\r\n", GOOD),
    "half a body": parts(HEAD + b"Content-Length: 5000\r\n\r\n" + GOOD),
    "a length below zero": parts(HEAD + b"Content-Length: -5\r\n\r\n" + GOOD),
    "a length of letters": parts(HEAD + b"Content-Length: many\r\n\r\n" + GOOD),
    "two lengths": parts(HEAD + b"Content-Length: 5\r\nContent-Length: 500\r\n\r\n" + GOOD),
    "no head": parts(GOOD),
    "half a head": parts(b"HTTP/1.1 200 O"),
    "a head of noise": parts(random.Random(1).randbytes(3000)),
    "another protocol": parts(b"SSH-2.0-OpenSSH_9.7\r\n" + RAW),
    "a version of its own": parts(b"HTTP/9.9 200 OK\r\n\r\n" + GOOD),
    "a status of its own": parts(b"HTTP/1.1 999 " + RAW + b"\r\n\r\n"),
    "a status of letters": parts(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a long reason": parts(b"HTTP/1.1 200 " + b"x" * 1_000_000 + b"\r\n\r\n"),
    "a reason of escapes": parts(b"HTTP/1.1 500 \x1b[31mred\x9b\r\nContent-Length: 0\r\n\r\n"),
    "a long header": parts(HEAD + b"X: " + b"y" * 5_000_000 + b"\r\n\r\n"),
    "endless headers": endlessly(HEAD, b"X-A: b\r\n" * 1000),
    "a header of escapes": parts(HEAD + b"X\x1b[31m: \x00\r\n\r\n"),
    "only 100 Continue": endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0.01),
    "an upgrade": parts(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "a thousand cookies": parts(
        HEAD + b"Set-Cookie: a=b; Domain=.com\r\n" * 100 + b"Content-Length: 0\r\n\r\n"
    ),
    "an endless body": endlessly(CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"),
    "a slow body": endlessly(HEAD + b"Content-Length: 100000\r\n\r\n", b" ", 0.2),
    "a slow head": endlessly(b"HTTP/1.1 200 OK\r\n", b"X", 0.2),
    "silence": endlessly(b"", b"", 0.2),
    "hanging up": parts(),
    "no content": parts(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "400": error("400 Bad Request"),
    "413": error("413 Too Large"),
    "422": error("422 Unprocessable"),
    "429 for ever": error("429 Too Many Requests", "Retry-After: 1000000000"),
    "429 never": error("429 Too Many Requests", "Retry-After: never"),
    "503 NaN": error("503 Unavailable", "Retry-After: nan"),
    "503 in the past": error("503 Unavailable", "Retry-After: Fri, 31 Feb 0000 99:99:99 GMT"),
    "500": error("500 Internal Server Error"),
    "500 raw": reply(RAW, "500 Internal Server Error"),
    "502 page": reply(b"<html>" + RAW, "502 Bad Gateway"),
    "400 list": reply({"error": [LOUD]}, "400 Bad Request"),
    "400 number": reply({"error": {"message": 10**300}}, "400 Bad Request"),
    "400 of 100 MB": reply(b"x" * 100_000_000, "400 Bad Request"),
    "400 bomb": reply(bomb(500 << 20), "400 Bad Request", "Content-Encoding: gzip"),
    "400 lines": reply(
        {"error": {"message": "a\nr1: done\nTraceback (most recent call last):\n"}}, "400 Bad Request"
    ),
    "a redirect in a circle": reply({}, "302 Found", "Location: /v1/completions"),
    "a redirect of escapes": reply({}, "307 Found", "Location: http://a\x1b[31m/\u202e"),
}
"""Replies on the wire."""
ENDS: dict[str, Way] = {
    "401": error("401 Unauthorized"),
    "403": error("403 Forbidden"),
    "404": error("404 Not Found"),
}
"""Replies that end the run, because they say that the key or the model is wrong."""
ROWS: dict[str, Way] = {**{name: reply(body) for name, body in BODIES.items()}, **WAYS, **ENDS}


def model(**fields: object) -> Way:
    return reply({"data": [{"id": "tiny", **fields}]})


LISTINGS: dict[str, Way] = {
    "a name of escapes": reply({"data": [{"id": LOUD}]}),
    "names of markup": reply({"data": [{"id": "[red]a[/]"}, {"id": "[link=http://x]b[/link]"}]}),
    "a million names": reply({"data": [{"id": f"m{n}"} for n in range(1_000_000)]}),
    "ten thousand names": reply({"data": [{"id": f"m{n}"} for n in range(10_000)]}),
    "a name of a million letters": reply({"data": [{"id": "m" * 1_000_000}]}),
    "a name that is a number": model(id=7),
    "a name that is a list": model(id=["tiny"]),
    "no name": reply({"data": [{}]}),
    "names are texts": reply({"data": ["tiny"]}),
    "names are an object": reply({"data": {"id": "tiny"}}),
    "no list": reply({}),
    "null": reply({"data": None}),
    "a context of text": model(max_model_len="long"),
    "a context of escapes": model(max_model_len=LOUD),
    "a context below zero": model(max_model_len=-1),
    "a context of NaN": model(max_model_len=float("nan")),
    "a context of a list": model(max_model_len=[4096]),
    "a huge context": model(max_model_len=10**30),
    **{name: WAYS[name] for name in WAYS if not name.startswith("4")},
    **{
        name: reply(BODIES[name])
        for name in ("deep nesting", "100 MB", "events", "a page", "noise", "nothing", "a list")
    },
    **{name: way for name, way in ENDS.items() if name != "404"},
}
"""In place of the list of models: nothing can go on from these."""
