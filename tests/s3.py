"""A real S3 API for tests: moto's server in a process of its own, on a free port of this machine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

BUCKET = "rows"
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
    "AWS_SECRET_ACCESS_KEY": "not/a/secret+but/long/enough/for/one",
}
APART = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Keeps a test from what this machine knows of any real account."""


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's address; it has the bucket `BUCKET`."""
    log = tmp_path_factory.mktemp("moto") / "log"
    port = free_port()
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.s3_server", "-H", "127.0.0.1", "-p", str(port)],
            cwd=Path(__file__).parents[1],
            stdout=output,
            stderr=output,
            env={**os.environ, **KEYS, **APART},
        )
    try:
        _wait_for(server, port, log)
        endpoint = f"http://127.0.0.1:{port}"
        make_bucket(endpoint)
        yield endpoint
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def s3(s3_server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A URL below which nothing lies yet; this process and its children find the server by their environment."""
    from s3fs import S3FileSystem

    for name, value in {**KEYS, **APART, "AWS_ENDPOINT_URL": s3_server}.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()
    yield f"s3://{BUCKET}/{abs(hash(request.node.nodeid))}-{time.monotonic_ns()}"
    S3FileSystem.clear_instance_cache()


def make_bucket(endpoint: str) -> None:
    import boto3

    boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    ).create_bucket(Bucket=BUCKET)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"moto's server did not start: {log.read_text()}")
