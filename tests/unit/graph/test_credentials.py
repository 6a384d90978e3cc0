"""A worker's credential is azure-identity's own, and nothing is loaded that a managed identity never uses."""

import json
import subprocess
import sys
from typing import Any

from devtools.package.reach import NEVER_LOADED
from shared.graph.credentials import UNUSED_BY_IDENTITIES, is_at_hand
from tests.support.servers import ROOT

HEAVY = {"cryptography", "requests", "urllib3", "jwt", "aiohttp", "charset_normalizer", "h2"}

LOADED = """
import json, os, sys
from shared.bootstrap import build
from shared.graph.credentials import credential
places, classes = json.loads(sys.argv[2]), []
for environ in places:
    os.environ.update(environ)
    classes.append(type(credential(sys.argv[1], None)).__module__)
    for name in environ:
        del os.environ[name]
import httpcore
print(json.dumps({"classes": classes, "modules": sorted(sys.modules)}))
"""

APP_SERVICE = {"IDENTITY_ENDPOINT": "http://127.0.0.1:9/token", "IDENTITY_HEADER": "x"}
ARC = {"IDENTITY_ENDPOINT": "http://127.0.0.1:9/token", "IMDS_ENDPOINT": "http://127.0.0.1:9"}
VIRTUAL_MACHINE: dict[str, str] = {}


def made(kind: str, *places: dict[str, str]) -> dict[str, Any]:
    """What a new process loads that makes credentials of this kind in these environments."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, kind, json.dumps(places)],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_managed_identity_loads_no_certificates_and_no_other_http_library() -> None:
    """Wherever it runs; the class is azure-identity's."""
    seen = made("managed_identity", APP_SERVICE, ARC, VIRTUAL_MACHINE)
    assert seen["classes"] == ["azure.identity.aio._credentials.managed_identity"] * 3
    assert HEAVY & set(seen["modules"]) == set()


def test_a_developers_credential_has_its_certificates() -> None:
    """What stands in for them, does so for managed identities alone."""
    seen = made("environment", VIRTUAL_MACHINE)
    assert seen["classes"] == ["azure.identity.aio._credentials.environment"]
    assert "azure.identity._credentials.certificate" in seen["modules"]
    assert is_at_hand("environment")


def test_the_package_leaves_out_what_something_stands_in_for() -> None:
    """And what that would load."""
    assert {*UNUSED_BY_IDENTITIES, *HEAVY} <= NEVER_LOADED.keys()
