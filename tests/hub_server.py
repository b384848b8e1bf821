"""A stand-in for the Hugging Face hub on 127.0.0.1: repositories are made, and commits are kept."""

import base64
import json
from contextlib import contextmanager

from servers import fake_server

TOKEN = "hf_9c2e-this-is-never-seen-51d0"


class FakeHub:
    """What a hub was told.

    Attributes:
        url: Where it is: the variable HF_ENDPOINT.
        made: The bodies of the requests that made repositories.
        files: Of all commits, by path.
        asked: Every request.
    """

    def __init__(self, refuses=""):
        self.refuses = refuses
        self.url, self.asked, self.made, self.files = "", [], [], {}
        self._large = {}

    def answer(self, asked):
        if asked.path.startswith("/lfs/"):  # a signed address: it wants no token
            self._large[asked.path.removeprefix("/lfs/")] = asked.body
            return 200, b""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"error": "Invalid credentials in Authorization header"}
        for part in ("create", "preupload", "batch", "commit"):
            if f"/{part}" in asked.path:
                refused = part == self.refuses
                return (403, {"error": "no"}) if refused else getattr(self, f"_{part}")(asked)
        return 404, {"error": "no such endpoint"}

    def _create(self, asked):
        body = asked.json
        self.made.append(body)
        return 200, {"url": f"{self.url}/{body['organization']}/{body['name']}"}

    def _preupload(self, asked):
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
                "shouldIgnore": False,
            }
            for file in asked.json["files"]
        ]
        return 200, {"files": files}

    def _batch(self, asked):
        objects = [
            {**one, "actions": {"upload": {"href": f"{self.url}/lfs/{one['oid']}"}}}
            for one in asked.json["objects"]
        ]
        return 200, {"transfer": "basic", "objects": objects}

    def _commit(self, asked):
        for line in map(json.loads, asked.body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.files[value["path"]] = self._large[value["oid"]]
        name = asked.path.split("/models/")[1].split("/commit/")[0]
        return 200, {"commitUrl": f"{self.url}/{name}/commit/{'0' * 40}", "commitOid": "0" * 40}


@contextmanager
def hub_server(refuses=""):
    """Run a fake; it refuses one kind of request: create, preupload, batch or commit."""
    hub = FakeHub(refuses)
    with fake_server(hub.answer) as fake:
        hub.url, hub.asked = fake.url, fake.asked
        yield hub


def hub_environment(hub):
    """Return the variables with which its library finds a fake hub."""
    return {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
