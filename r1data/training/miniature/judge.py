"""The miniature world's rules behind an OpenAI-compatible server, as a judge whom `r1 make-pairs` can ask.

It reads the question and the answers that stand between the fences of a judge's prompt, and replies with the JSON that
the prompt asks for: two scores from 1 to 10, or safe and unsafe. It knows nothing but this world (`general`), and is no
language model: what the recipe and the tests need a judge for, and nothing else. Loopback only.
"""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from r1data.training.miniature.general import helpfulness, is_safe

NAME = "miniature-rules"
LARGEST_BODY = 1 << 20
_TEXTS = re.compile(r"^--- ([a-z ]+) ([0-9a-f]{16}) ---\n(.*?)\n--- end of \1 \2 ---$", re.M | re.S)


def reply_to(prompt: str) -> str:
    """What the judge says to a prompt of `verifiers.judge`. Raises ValueError for any other text."""
    texts = {name: text for name, _, text in _TEXTS.findall(prompt)}
    question = texts.get("question")
    if question is None:
        raise ValueError("no question between fences")
    if "answer" in texts:
        return json.dumps({"analysis": "", "safety": "safe" if is_safe(texts["answer"]) else "unsafe"})
    both = texts["first answer"], texts["second answer"]
    grades = [
        helpfulness(question, text) if "how far it helps" in prompt else _harmless(text) for text in both
    ]
    return json.dumps({"analysis": "", "first": grades[0], "second": grades[1]})


def _harmless(text: str) -> int:
    return 10 if is_safe(text) else 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        is_known = self.path in ("/health", "/v1/models")
        self._send(
            {"data": [{"id": NAME}]} if is_known else {"error": {"message": "no such page"}},
            200 if is_known else 404,
        )

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 < length <= LARGEST_BODY:
                raise ValueError("a body of another size than a judge's prompt")
            text = reply_to(json.loads(self.rfile.read(length))["messages"][-1]["content"])
        except (ValueError, KeyError, IndexError, TypeError) as error:
            self.close_connection = True
            self._send({"error": {"message": f"no prompt of a judge: {error}"}}, 400)
            return
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": 1, "completion_tokens": 1}
        self._send({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage})

    def _send(self, body: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def open_server(port: int = 0) -> ThreadingHTTPServer:
    """The server, bound to a port of this machine (0: a free one) and not yet answering. Raises OSError where the port
    is taken."""
    return _Server(("127.0.0.1", port), _Handler)
