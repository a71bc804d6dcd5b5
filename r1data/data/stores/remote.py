"""A prefix of an object store, through fsspec: complete files by atomic uploads, exclusive ones by conditional writes.

Not covered: two processes that write the same dataset at the same time from a non-deterministic stage can race for a
shard within the tenth of a second between checking and committing; `r1 check` reports it.
"""

import contextlib
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from r1data.data import locations
from r1data.data.stores.entries import too_large
from r1data.data.stores.layout import PROBE, SCRATCH, File
from r1data.errors import UserError

EXCLUSIVE = ("s3", "s3a")
"""URL schemes whose stores create a file only where there is none, if asked; tested against S3's API."""
REMOTE = ("botocore", "aiobotocore", "aiohttp", "s3fs", "httpx", "httpx2", "huggingface_hub")
"""Libraries whose errors come from a store or the way to it."""


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A prefix of an object store, through fsspec. An upload there is atomic, so that a shard is staged in place."""

    uri: str

    def exists(self) -> bool:
        with store_errors(self.uri):
            return bool(self._fs.exists(self._root))

    def is_foreign(self) -> bool:
        with store_errors(self.uri):
            return bool(self._fs.exists(self._root)) and not self._fs.exists(self._full(".r1"))

    def prepare(self) -> None:
        kind = locations.scheme(self.uri)
        if kind not in EXCLUSIVE:
            raise UserError(
                f"{self.uri}: {kind}:// datasets are read, not written: exclusive commits are not promised there; "
                "write to a local folder or s3://"
            )
        self.create(PROBE, b"first")  # stays: it tells a dataset whose first shard has no commit yet
        # Tested by writing: servers that speak S3 differ here, and one that ignores the condition reports no error.
        if self.create(PROBE, b"second") or self.read(PROBE) != b"first":
            self.remove(PROBE)
            raise UserError(
                f"{self.uri}: this server ignores conditional writes (IfNoneMatch), so that commits could be lost; "
                "write to a local folder and copy it there"
            )

    def files(self, folder: str) -> list[File]:
        with store_errors(self.uri):
            try:
                entries = self._fs.ls(self._full(folder), detail=True, refresh=True)
            except FileNotFoundError:
                return []
        files = []
        for info in entries:
            if info["type"] == "file" and not info["name"].endswith("/"):
                modified = info.get("LastModified") or info.get("mtime")
                age = time.time() - modified.timestamp() if isinstance(modified, datetime) else 0.0
                files.append(File(f"{folder}/{info['name'].rsplit('/', 1)[1]}", info["size"] or 0, age))
        return sorted(files, key=lambda file: file.name)

    def strangers(self, folder: str) -> dict[str, str]:
        return {}  # an object store holds files alone

    def read(self, name: str, limit: int | None = None) -> bytes:
        with store_errors(self.uri):
            content = bytes(self._fs.cat_file(self._full(name)))
        return self._within(name, content, limit)

    def read_all(self, names: Sequence[str], limit: int | None = None) -> list[bytes]:
        if not names:
            return []
        with store_errors(self.uri):
            contents: dict[str, bytes] = self._fs.cat([self._full(name) for name in names])
        return [self._within(name, contents[self._full(name)], limit) for name in names]

    def create(self, name: str, content: bytes) -> bool:
        with store_errors(self.uri):
            try:
                self._fs.pipe_file(self._full(name), content, mode="create")
            except FileExistsError:
                return False
            except FileNotFoundError as error:
                raise UserError(f"{self.uri}: {error}; create the bucket, or choose another -o") from error
        return True

    def stage(self, name: str, content: bytes) -> str:
        content = bytes(content)  # botocore takes no other buffer
        # An upload is atomic and no commit names the file yet, so the shard may lie in its place at once. Where a file
        # with other bytes lies there (a stage that is not exact, run twice), it goes beside it, and `place` copies.
        if self.create(name, content) or self.read(name) == content:
            return name
        staged = f"{SCRATCH}/{secrets.token_hex(8)}"
        self.create(staged, content)
        return staged

    def place(self, staged: str, name: str) -> None:
        if staged != name:
            with store_errors(self.uri):
                self._fs.cp_file(self._full(staged), self._full(name))
            self.remove(staged)

    def remove(self, name: str) -> None:
        with store_errors(self.uri), contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(self._full(name))

    def alone(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def in_use(self, name: str) -> bool | None:
        return None

    def sweep(self) -> list[str]:
        return []

    @property
    def _fs(self) -> Any:
        import fsspec

        try:
            # a cached listing would not show what another process committed meanwhile
            return fsspec.url_to_fs(self.uri, use_listings_cache=False)[0]
        except ImportError as error:
            raise UserError(
                f"{self.uri}: needs another package ({error}); install it, for s3:// as r1data[s3]"
            ) from error
        except ValueError as error:
            raise UserError(f"{self.uri}: {error}; give a local path, or a URL that fsspec knows") from error

    @property
    def _root(self) -> str:
        return str(self._fs._strip_protocol(self.uri)).rstrip("/")

    def _full(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _within(self, name: str, content: bytes, limit: int | None) -> bytes:
        if limit is not None and len(content) > limit:
            raise too_large(f"{self.uri}/{name}", len(content), limit)
        return content


@contextlib.contextmanager
def store_errors(uri: str) -> Iterator[None]:
    """A store's own errors as one line that says where."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except Exception as error:
        library = type(error).__module__.split(".")[0]
        if isinstance(error, OSError) or library in REMOTE:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UserError(
                f"{uri}: {reason}; check the address and the credentials in the environment"
            ) from error
        raise
