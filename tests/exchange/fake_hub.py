"""A stand-in for the Hugging Face hub, on loopback: what its client asks for when it pushes, lists and reads a dataset.

Written from the requests that `huggingface_hub` makes, with HF_HUB_DISABLE_XET=1. Not covered: Xet, pull requests,
several pages of a listing, everything about models and spaces. It was never compared with the real hub.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_FakeTokenThatOpensTheFakeHub"
FIRST = {".gitattributes": b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"}
REPOSITORY = r"(?P<name>[\w.-]+/[\w.-]+)"
Files = dict[str, bytes]


@dataclass
class Repository:
    """Branches and revisions, each a commit's name, and the files of every commit."""

    private: bool
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Files] = field(default_factory=dict)

    def commit(self, branch: str, files: Files) -> str:
        name = hashlib.sha1(json.dumps([branch, len(self.commits), sorted(files)]).encode()).hexdigest()
        self.commits[name] = files
        self.branches[branch] = name
        return name


class FakeHub(ThreadingHTTPServer):
    """The server; its attributes are what a test looks at and turns."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.forget()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def forget(self) -> None:
        """Starts anew."""
        self.repositories: dict[str, Repository] = {}
        self.blobs: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.messages: list[str] = []
        self.meddle: Callable[[Handler], bool] = lambda _: False
        """Called first with every request; True where it has answered, or broken off, itself."""
        self.flip: set[str] = set()
        """Files that are served with a bit flipped."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def files(self, name: str, branch: str = "main") -> Files:
        repository = self.repositories[name]
        return repository.commits[repository.branches[branch]]

    def count(self, pattern: str) -> int:
        """How many requests there were like that."""
        return sum(bool(re.search(pattern, request)) for request in self.requests)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no error of the test."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: FakeHub

    def do_GET(self) -> None:
        self._route("GET")

    def do_HEAD(self) -> None:
        self._route("HEAD")

    def do_POST(self) -> None:
        self._route("POST")

    def do_PUT(self) -> None:
        self._route("PUT")

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def _route(self, method: str) -> None:
        self.path_only = unquote(urlsplit(self.path).path)
        self.server.requests.append(f"{method} {self.path_only}")
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.meddle(self):
            return
        for verb, pattern, action in ROUTES:
            found = re.fullmatch(pattern.replace("REPOSITORY", REPOSITORY), self.path_only)
            if verb in (method, "GET" if method == "HEAD" else method) and found:
                action(self, **found.groupdict())
                return
        self.refuse(404, "EntryNotFound", f"the fake hub knows no {method} {self.path_only}")

    def answer(self, value: Any, status: int = 200, **headers: str) -> None:
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for key, text in headers.items():
            self.send_header(key.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def refuse(self, status: int, code: str, words: str) -> None:
        self.answer({"error": words}, status, X_Error_Code=code, X_Error_Message=words)

    @property
    def allowed(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def may_write(self) -> bool:
        if not self.allowed:
            self.refuse(401, "", "Invalid credentials in Authorization header")
        return self.allowed

    def find(self, name: str, revision: str) -> tuple[Repository, str] | None:
        """The repository and the commit; answers itself where there is none."""
        repository = self.server.repositories.get(name)
        if repository is None or (repository.private and not self.allowed):
            self.refuse(404 if self.allowed else 401, "RepoNotFound", "Repository not found")
            return None
        commit = repository.branches.get(revision, revision)
        if commit not in repository.commits:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return repository, commit


def info(handler: Handler, name: str, revision: str | None = None) -> None:
    if found := handler.find(name, revision or "main"):
        repository, commit = found
        siblings = [{"rfilename": path} for path in repository.commits[commit]]
        facts = {"id": name, "sha": commit, "private": repository.private, "siblings": siblings}
        handler.answer(
            {**facts, "downloads": 0, "likes": 0, "tags": [], "lastModified": "2026-01-01T00:00:00.000Z"}
        )


def tree(handler: Handler, name: str, revision: str, folder: str | None = None) -> None:
    if not (found := handler.find(name, revision)):
        return
    prefix = f"{folder}/" if folder else ""
    entries: dict[str, dict[str, Any]] = {}
    for path, content in found[0].commits[found[1]].items():
        if path.startswith(prefix):
            inside = path.removeprefix(prefix)
            if "recursive=True" in handler.path or "recursive=true" in handler.path or "/" not in inside:
                entries[path] = entry(path, content)
            else:
                directory = prefix + inside.split("/")[0]
                entries[directory] = {"type": "directory", "path": directory, "oid": "0" * 40, "size": 0}
    if entries or not folder:
        handler.answer(list(entries.values()))
    else:
        handler.refuse(404, "EntryNotFound", f"{folder} does not exist")


def entry(path: str, content: bytes) -> dict[str, Any]:
    """What a listing says of a file; `.parquet` files are large ones."""
    facts: dict[str, Any] = {"type": "file", "path": path, "size": len(content)}
    if path.endswith(".parquet"):
        lfs = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        return {**facts, "oid": "0" * 40, "lfs": lfs}
    return {**facts, "oid": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}


def paths(handler: Handler, name: str, revision: str) -> None:
    if found := handler.find(name, revision):
        files = found[0].commits[found[1]]
        asked = parse_qs(handler.body.decode())["paths"]
        handler.answer([entry(path, files[path]) for path in asked if path in files])


def create(handler: Handler) -> None:
    asked = json.loads(handler.body)
    name = f"{asked['organization']}/{asked['name']}"
    if not handler.may_write():
        return
    if asked["organization"] == "closed":
        handler.refuse(403, "", 'You don\'t have the rights to create a dataset under the namespace "closed"')
    elif name in handler.server.repositories:
        handler.refuse(409, "", "You already created this dataset repo")
    else:
        repository = Repository(asked.get("visibility") == "private" or asked.get("private") is True)
        repository.commit("main", dict(FIRST))
        handler.server.repositories[name] = repository
        handler.answer({"url": f"{handler.server.url}/datasets/{name}"})


def branch(handler: Handler, name: str, revision: str) -> None:
    if handler.may_write() and (found := handler.find(name, "main")):
        found[0].branches[revision] = found[1]
        handler.answer({})


def validate(handler: Handler) -> None:
    import yaml

    text = json.loads(handler.body)["content"]
    matter = yaml.safe_load(text.split("---")[1])
    good = isinstance(matter, dict) and all(isinstance(tag, str) for tag in matter.get("language", []))
    errors = [] if good else [{"message": "the metadata are wrong"}]
    handler.answer({"errors": errors, "warnings": []}, 200 if good else 400)


def preupload(handler: Handler, name: str, revision: str) -> None:
    if handler.may_write() and (found := handler.find(name, revision)):
        files = found[0].commits[found[1]]
        ignored = files.get(".gitignore", b"").decode().split()
        answers = [
            {
                "path": asked["path"],
                "uploadMode": "lfs" if asked["path"].endswith(".parquet") else "regular",
                "shouldIgnore": any(asked["path"].startswith(start) for start in ignored),
            }
            for asked in json.loads(handler.body)["files"]
        ]
        handler.answer({"files": answers})


def batch(handler: Handler, name: str) -> None:
    if handler.may_write():
        objects = []
        for asked in json.loads(handler.body)["objects"]:
            upload = {"upload": {"href": f"{handler.server.url}/storage/{asked['oid']}"}}
            objects.append(asked if asked["oid"] in handler.server.blobs else {**asked, "actions": upload})
        handler.answer({"objects": objects, "transfer": "basic"})


def store(handler: Handler, oid: str) -> None:
    if hashlib.sha256(handler.body).hexdigest() != oid:
        handler.refuse(400, "", "these bytes have another sha256")
        return
    handler.server.blobs[oid] = handler.body
    handler.answer({})


def fetch(handler: Handler, oid: str) -> None:
    handler.answer(handler.server.blobs[oid])


def commit(handler: Handler, name: str, revision: str) -> None:
    if not handler.may_write() or not (found := handler.find(name, revision)):
        return
    repository, head = found
    files = dict(repository.commits[head])
    for line in map(json.loads, handler.body.splitlines()):
        value = line["value"]
        if line["key"] == "header" and value.get("parentCommit") not in (None, head):
            handler.refuse(412, "", "A commit has happened since. Please refresh and try again.")
            return
        if line["key"] == "header":
            handler.server.messages.append(value["summary"])
        if line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        if line["key"] == "lfsFile":
            files[value["path"]] = handler.server.blobs[value["oid"]]
    made = repository.commit(revision, files)
    handler.answer(
        {
            "commitUrl": f"{handler.server.url}/datasets/{name}/commit/{made}",
            "commitOid": made,
            "hookOutput": "",
        }
    )


def resolve(handler: Handler, name: str, revision: str, path: str) -> None:
    if not (found := handler.find(name, revision)):
        return
    content = found[0].commits[found[1]].get(path)
    if content is None:
        handler.refuse(404, "EntryNotFound", f"{path} does not exist")
        return
    if path in handler.server.flip:
        content = bytes([content[0] ^ 1, *content[1:]])
    handler.answer(content, ETag=f'"{entry(path, content)["oid"]}"', X_Repo_Commit=found[1])


ROUTES: list[tuple[str, str, Callable[..., None]]] = [
    ("GET", "/api/datasets/REPOSITORY", info),
    ("GET", "/api/datasets/REPOSITORY/revision/(?P<revision>.+)", info),
    ("GET", "/api/datasets/REPOSITORY/tree/(?P<revision>[^/]+)(?:/(?P<folder>.+))?", tree),
    ("POST", "/api/datasets/REPOSITORY/paths-info/(?P<revision>.+)", paths),
    ("POST", "/api/repos/create", create),
    ("POST", "/api/datasets/REPOSITORY/branch/(?P<revision>.+)", branch),
    ("POST", "/api/validate-yaml", validate),
    ("POST", "/api/datasets/REPOSITORY/preupload/(?P<revision>.+)", preupload),
    ("POST", r"/datasets/REPOSITORY\.git/info/lfs/objects/batch", batch),
    ("PUT", "/storage/(?P<oid>[0-9a-f]{64})", store),
    ("GET", "/storage/(?P<oid>[0-9a-f]{64})", fetch),
    ("POST", "/api/datasets/REPOSITORY/commit/(?P<revision>.+)", commit),
    ("GET", "/datasets/REPOSITORY/resolve/(?P<revision>[^/]+)/(?P<path>.+)", resolve),
]
