"""The smoke test of a deployed facade, against a server that answers like one."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.infra.desk import Desk


@contextmanager
def facade(**statuses: int) -> Iterator[str]:
    """A server that answers like a deployed facade, but for the given ends of paths; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            end = self.path.rsplit("/", 1)[-1]
            usual = 404 if "there-is-no-such-business" in self.path else 200
            self.send_response(statuses.get(end, usual))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api"
        finally:
            server.shutdown()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the smoke test needs curl")
def test_smoke_test_passes_and_fails(desk: Desk) -> None:
    """The smoke test passes on a facade that is ready; it fails where it is not, or knows any business."""
    (desk.folder / "curl").unlink()
    (desk.folder / "curl").symlink_to(str(shutil.which("curl")))
    quick = {"SMOKE_ATTEMPTS": "2", "SMOKE_RETRY_SECONDS": "0"}
    with facade() as address:
        assert desk.run("smoke.sh", address, "contoso-lunch", **quick).returncode == 0
    with facade(ready=503) as address:
        unready = desk.run("smoke.sh", address, **quick)
    assert (unready.returncode, unready.stderr) == (1, "FAIL /health/ready: 503, expected 200\n")
    with facade(services=200) as address:
        assert desk.run("smoke.sh", address, **quick).returncode == 1
    assert desk.run("smoke.sh").returncode == 2
