"""moto's server with conditional writes that are atomic, as S3's are: moto looks whether a key is there and then writes
it, and between the two another thread of the server may write it too.

`python -m tests.s3_server -H ADDRESS -p PORT`, as `moto.server`.
"""

from threading import RLock
from typing import Any

from moto.s3.responses import S3Response
from moto.server import main

LOCK = RLock()
put = S3Response._key_response_put


def _put_alone(self: Any, *arguments: Any) -> Any:
    with LOCK:
        return put(self, *arguments)


if __name__ == "__main__":
    S3Response._key_response_put = _put_alone  # type: ignore[assignment,method-assign]
    main()
