"""Starts an unpacked package in a bare interpreter and calls its functions."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from devtools.package.errors import PackageError

WORKER = Path(__file__).with_name("worker.py")
PATIENCE = 60.0
LONGEST_LINE = 1 << 24


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answered."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def document(self) -> Any:  # noqa: ANN401 (a JSON document)
        """The body as JSON."""
        return json.loads(self.body)


class Worker:
    """One running interpreter with the package in it."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self.functions: list[dict[str, Any]] = []

    async def call(
        self, function: str, method: str = "GET", url: str = "/", *, body: str = "", **more: object
    ) -> Answer:
        """Call a function; `more` are headers and route values."""
        given = {
            "function": function,
            "method": method,
            "url": f"http://localhost{url}",
            "body": body,
            **more,
        }
        given["params"] = dict(parse_qsl(urlsplit(url).query))
        return Answer(**await self.send(given))

    async def post(self, function: str, document: object, **route: str) -> Answer:
        """POST a JSON document."""
        headers = {"content-type": "application/json"}
        return await self.call(function, "POST", body=json.dumps(document), headers=headers, route=route)

    async def send(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """One line to the worker, one line from it."""
        assert self._process.stdin is not None  # noqa: S101 (it was opened as a pipe)
        try:
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            await self._process.stdin.drain()
        except ConnectionError:
            raise PackageError(f"the packaged app ended:\n{self.log}") from None
        return await self.receive()

    async def receive(self) -> dict[str, Any]:
        """The next line from the worker; raises PackageError where there is none."""
        assert self._process.stdout is not None  # noqa: S101 (it was opened as a pipe)
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
        except TimeoutError:
            raise PackageError(f"the packaged app gave no answer for {PATIENCE:g} s") from None
        if not line:
            raise PackageError(f"the packaged app ended:\n{self.log}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def log(self) -> str:
        """The end of what the app wrote to standard error."""
        return self._log.read_text("utf-8", errors="replace")[-4000:].strip()

    async def stop(self) -> None:
        """End the interpreter."""
        assert self._process.stdin is not None  # noqa: S101 (it was opened as a pipe)
        if self._process.returncode is None:
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 10)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()


def bare(folder: Path, python: str) -> tuple[str, ...]:
    """The command that runs a package in an interpreter without any installed package."""
    return (python, "-I", "-S", str(WORKER), str(folder))


@asynccontextmanager
async def running(command: Sequence[str], settings: Mapping[str, str], log: Path) -> AsyncIterator[Worker]:
    """A worker with these settings; raises PackageError where the app does not start."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=dict(settings),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=LONGEST_LINE,
        )
        worker = Worker(process, log)
        try:
            worker.functions = (await worker.receive())["functions"]
            yield worker
        finally:
            await worker.stop()
