"""Runs an app in Microsoft's own Python worker runtime, in this process, over lines of JSON.

`python microsoft_worker.py FOLDER [PATH ...]` speaks the lines of `devtools/package/worker.py`, but what
loads the app, indexes it and invokes it is `azure_functions_runtime`, with the messages that its gRPC
proxy would hand it. The message classes are injected, as the proxy injects its own. Only the socket to
the host is missing. This file is executed by its path and imports nothing from the project.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any


class Message:
    """A message with whatever fields it is given; `WhichOneof` names the one that is set."""

    Success, Failure = 1, 0
    undefined, out, inout = -1, 1, 2

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 (protobuf's name)
        """The name of the field that is set."""
        return next(iter(self.__dict__), None)


class Messages:
    """The namespace of message classes: every name is one."""

    def __getattr__(self, name: str) -> type[Message]:
        """A class of this name."""
        return type(name, (Message,), {})


MESSAGES = Messages()


def envelope(**content: object) -> SimpleNamespace:
    """A request as the proxy hands it over."""
    properties = {"protos": MESSAGES, "host": "127.0.0.1"}
    return SimpleNamespace(request=SimpleNamespace(**content), properties=properties)


def required(answer: Any, what: str) -> Any:  # noqa: ANN401 (injected messages)
    """The answer, if the runtime says that it worked."""
    if answer.result.status != Message.Success:
        raise RuntimeError(
            f"{what}: {answer.result.exception.message}\n{answer.result.exception.stack_trace}"
        )
    return answer


async def load(runtime: Any, folder: str) -> dict[str, Any]:  # noqa: ANN401 (Microsoft's untyped module)
    """Start the worker as the host does; the functions' metadata by name."""
    start = SimpleNamespace(capabilities={}, function_app_directory=folder)
    required(await runtime.worker_init_request(envelope(worker_init_request=start)), "init")
    answer = required(await runtime.functions_metadata_request(envelope()), "metadata")
    found = {one.name: one for one in answer.function_metadata_results or ()}
    for one in found.values():
        request = SimpleNamespace(function_id=one.function_id, metadata=one)
        required(await runtime.function_load_request(envelope(function_load_request=request)), "load")
    return found


def describe(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The functions' routes, from the bindings that the runtime reports; None for a timer."""
    described = []
    for name, one in sorted(found.items()):
        trigger = next(b for b in map(json.loads, one.raw_bindings) if b["type"].lower().endswith("trigger"))
        methods = trigger.get("methods") or ()
        described.append({"name": name, "route": trigger.get("route"), "methods": list(methods)})
    return described


def http(asked: Mapping[str, Any]) -> Message:
    """The data of an HTTP trigger."""
    request = Message(
        method=asked["method"],
        url=asked["url"],
        headers={name.lower(): value for name, value in asked.get("headers", {}).items()},
        params=asked.get("route", {}),
        query=asked.get("params", {}),
        body=Message(bytes=asked.get("body", "").encode()),
    )
    return Message(http=request)


async def invoke(runtime: Any, one: Any, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 (as above)
    """Invoke a function once."""
    name = next(b["name"] for b in map(json.loads, one.raw_bindings) if b["direction"].lower() == "in")
    is_timer = bool(asked.get("timer"))
    past = json.dumps({"Schedule": {}, "ScheduleStatus": None, "IsPastDue": False})
    data = Message(json=past) if is_timer else http(asked)
    binding = Message(data=data)
    given = SimpleNamespace(name=name, data=data, WhichOneof=binding.WhichOneof)
    request = SimpleNamespace(
        invocation_id="11111111-2222-3333-4444-555555555555",
        function_id=one.function_id,
        input_data=[given],
        trigger_metadata={},
        trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
        retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
    )
    answer = required(await runtime.invocation_request(envelope(invocation_request=request)), one.name)
    if is_timer:
        return {"status": 200, "headers": {}, "body": ""}
    sent = answer.return_value.http
    body = sent.body.bytes if hasattr(sent.body, "bytes") else sent.body.string.encode()
    return {"status": int(sent.status_code), "headers": dict(sent.headers), "body": body.decode()}


async def serve(folder: str) -> None:
    """Answer until standard input ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from azure_functions_runtime import handle_event as runtime  # noqa: PLC0415 (the path is set by now)
    from azure_functions_runtime.utils.threadpool import start_threadpool_executor  # noqa: PLC0415

    start_threadpool_executor()
    found = await load(runtime, folder)
    print(json.dumps({"functions": describe(found)}), file=out, flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        print(json.dumps(await invoke(runtime, found[asked["function"]], asked)), file=out, flush=True)


if __name__ == "__main__":
    sys.path.extend([*sys.argv[2:], sys.argv[1]])
    asyncio.run(serve(sys.argv[1]))
