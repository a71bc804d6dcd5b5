"""A server with the OpenAI interface whose answers follow from the request alone, and that dies without a word.

    python -m tests.chaos.model_server PORT DELAY [LAST]

Each answer takes DELAY seconds. With LAST the process ends itself with SIGKILL in the midst of that answer, while
others are under way.
"""

import hashlib
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

END = 257


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """Some letters, by the prompt's tokens and the seed."""
    digest = hashlib.blake2b(json.dumps([body["prompt"], body["seed"]]).encode()).digest()
    tokens = [65 + byte % 26 for byte in digest[: 1 + digest[0] % 20]]
    cut = len(tokens) >= body["max_tokens"]
    tokens = tokens[: body["max_tokens"]] if cut else [*tokens, END]
    choice = {"text": "", "token_ids": tokens, "finish_reason": "length" if cut else "stop"}
    usage = {"prompt_tokens": len(body["prompt"]), "completion_tokens": len(tokens)}
    return {"choices": [choice], "usage": usage}


def serve(port: int, delay: float, last: int | None) -> None:
    lock, answered = threading.Lock(), 0

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send({"data": [{"id": "tiny"}]})

        def do_POST(self) -> None:
            nonlocal answered
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(delay)
            with lock:
                answered += 1
                self.send(answer(body), dying=answered == last)

        def send(self, reply: dict[str, Any], *, dying: bool = False) -> None:
            content = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if dying else content)
            if dying:
                os.kill(os.getpid(), signal.SIGKILL)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads, request_queue_size = True, 256

    Server(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else None)
