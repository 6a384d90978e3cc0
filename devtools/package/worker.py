"""Runs an unpacked package the way a Functions worker does, with nothing but Python's standard library.

`python3.13 -I -S worker.py FOLDER` reads one request per line (JSON) from standard input and writes one
answer per line to standard output. Isolated and without `site`, the interpreter finds no installed
package anywhere: what is not in the package is missing here as it would be missing in production.
This file is executed by its path and imports nothing from the project.
"""

import asyncio
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGES = Path(".python_packages/lib/site-packages")


profilers: list[Any] = []


class Watch:
    """Hears of every import that fails, since it is asked last; finds nothing itself."""

    def __init__(self) -> None:
        self.missed: set[str] = set()

    def find_spec(self, name: str, _: Sequence[str] | None, __: ModuleType | None = None) -> None:
        """Keep the name."""
        self.missed.add(name)


watch = Watch()


def functions(folder: Path) -> Mapping[str, Any]:
    """Import the app and index it: its functions by name."""
    sys.path.extend([str(folder / PACKAGES), str(folder)])
    sys.meta_path.append(watch)
    app = importlib.import_module("function_app").app
    return {each.get_function_name(): each for each in app.get_functions()}


def describe(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The functions' triggers, as the host asks for them."""
    return [
        {
            "name": name,
            "route": trigger.get("route"),
            "methods": [str(one) for one in trigger.get("methods") or ()],
        }
        for name, trigger in sorted(
            (name, each.get_trigger().get_dict_repr()) for name, each in found.items()
        )
    ]


async def invoke(function: Any, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 (the library's type)
    """Call one function once."""
    call = function.get_user_function()
    if asked.get("timer"):
        await call(None)
        return {"status": 200, "headers": {}, "body": ""}
    http = importlib.import_module("azure.functions").HttpRequest(
        method=asked["method"],
        url=asked["url"],
        headers=asked.get("headers", {}),
        params=asked.get("params", {}),
        route_params=asked.get("route", {}),
        body=asked.get("body", "").encode(),
    )
    answer = await call(http)
    body = answer.get_body().decode()
    return {"status": answer.status_code, "headers": dict(answer.headers), "body": body}


def load(names: list[str]) -> dict[str, Any]:
    """Import modules by name; answers with those that cannot be imported, and why."""
    failed = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001 (every failure is an answer here)
            failed[name] = traceback.format_exc(limit=-1)
    return {"failed": failed}


def usage() -> dict[str, Any]:
    """CPU seconds of this process so far, its peak memory in KiB, and how many modules it has loaded."""
    status = Path("/proc/self/status").read_text("ascii")  # getrusage would count the parent's memory too
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return {"cpu": time.process_time(), "memory": peak, "modules": len(sys.modules)}


def profile(*, is_on: bool) -> dict[str, str]:
    """Begin to profile, or end it and tell the ten functions that cost most."""
    import cProfile  # noqa: PLC0415 (only for measurements)
    import io  # noqa: PLC0415 (the same)
    import pstats  # noqa: PLC0415 (the same)

    if is_on:
        profilers.append(cProfile.Profile())
        profilers[-1].enable()
        return {}
    profilers[-1].disable()
    out = io.StringIO()
    pstats.Stats(profilers.pop(), stream=out).sort_stats("tottime").print_stats(10)
    return {"profile": out.getvalue()}


async def answer(found: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one line."""
    try:
        if "load" in asked:
            return load(asked["load"])
        if "modules" in asked:
            return {"modules": sorted(sys.modules), "missed": sorted(watch.missed)}
        if "usage" in asked:
            return usage()
        if "profile" in asked:
            return profile(is_on=asked["profile"])
        return await invoke(found[asked["function"]], asked)
    except Exception:  # noqa: BLE001 (the driver decides what it means)
        return {"status": 500, "headers": {}, "body": traceback.format_exc()}


async def serve(folder: Path) -> None:
    """Answer until standard input ends; the first line says what the app declares."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the app prints must not stand between the answers
    found = functions(folder)
    print(json.dumps({"functions": describe(found)}), file=out, flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await answer(found, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
