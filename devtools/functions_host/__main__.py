"""Serve a function app over HTTP: `python -m devtools.functions_host --port 7071`."""

import argparse
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from devtools.functions_host.errors import StartError
from devtools.functions_host.host import FunctionsHost, create_host
from devtools.functions_host.serving import DRAIN_SECONDS, GRACE_SECONDS, Patience, Served, bind, serve
from devtools.functions_host.settings import (
    LocalSettings,
    apply_values,
    find_local_settings,
    parse_local_settings,
    read_json,
)
from devtools.functions_host.worker import WorkerProcess, free_port

log = logging.getLogger("functions_host")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="functions_host", description=__doc__)
    parser.add_argument("--app", type=Path, default=Path("function_app.py"), help="the file that holds `app`")
    parser.add_argument("--settings", type=Path, help="default: local.settings.json, else ...sample.json")
    parser.add_argument("--host", default="127.0.0.1", help="the address to bind")
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--run-timers", choices=("true", "false"), default="true")
    parser.add_argument(
        "--drain-seconds", type=float, default=DRAIN_SECONDS, metavar="S",
        help="after SIGINT running calls may go on for S seconds, then they are cut off (%(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--grace-seconds", type=float, default=GRACE_SECONDS, metavar="S",
        help="after SIGTERM running calls may go on for S seconds, then they are cancelled (%(default)g); "
        "Microsoft's host ignores that signal",
    )  # fmt: skip
    parser.add_argument(
        "--worker", choices=("inside", "separate", "child"), default="inside",
        help="separate: the functions run in a process of their own, which may die; child: that process",
    )  # fmt: skip
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    return parser.parse_args(argv)


def _local_settings(given: Path | None, folder: Path) -> LocalSettings:
    path = given or find_local_settings(folder)
    return parse_local_settings(read_json(path)) if path else LocalSettings()


def _load(path: Path) -> ModuleType:
    """The app's file, imported as the worker does, with its folder on the search path."""
    if not path.is_file():
        raise StartError(f"there is no {path}; --app names the file that holds the function app")
    sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise StartError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _worker_process(argv: Sequence[str]) -> WorkerProcess:
    """The worker: this program once more, on its own port. Of repeated options the last counts."""
    port = free_port()
    own = ["--worker", "child", "--host", "127.0.0.1", "--port", str(port)]
    return WorkerProcess([sys.executable, "-m", "devtools.functions_host", *argv, *own], port)


def _end_with_the_host() -> None:
    """End this process when the host has gone: its end of the pipe is closed then, however it went."""
    sys.stdin.buffer.read()
    os._exit(1)


def _die() -> None:
    """Go, with every call: a function has passed functionTimeout, for which the host kills the worker."""
    logging.shutdown()
    os._exit(1)


def _build(arguments: argparse.Namespace) -> FunctionsHost:
    path = arguments.app.resolve()
    settings = _local_settings(arguments.settings, path.parent)
    apply_values(settings.values, os.environ)
    host_json = path.parent / "host.json"
    app = getattr(_load(path), "app", None)
    if app is None:
        raise StartError(f"{path} has no `app`")
    return create_host(
        app,
        read_json(host_json) if host_json.is_file() else {},
        cors=settings.cors,
        folder=path.parent,
        run_timers=arguments.run_timers == "true",
        late=_die if arguments.worker == "child" else None,
    )


def _list_functions(host: FunctionsHost, base: str) -> None:
    for function in host.declared.http:
        methods = ",".join(sorted(function.methods)) if function.methods else "any method"
        log.info("%s: [%s] %s/%s", function.name, methods, base, function.template.text)
    for timer in host.declared.timers:
        log.info("%s: timer, %s", timer.name, timer.schedule)


def _served(arguments: argparse.Namespace, argv: Sequence[str]) -> Served:
    if arguments.worker == "separate":
        return _worker_process(argv)
    host = _build(arguments)
    _list_functions(host, f"http://{arguments.host}:{arguments.port}")
    return host


def _patience(arguments: argparse.Namespace) -> Patience:
    if arguments.worker != "child":
        return Patience(arguments.drain_seconds, arguments.grace_seconds)
    threading.Thread(target=_end_with_the_host, name="watch", daemon=True).start()
    return Patience(None, arguments.grace_seconds)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the host; return 0 after a stop by signal, 1 where it could not start."""
    argv = sys.argv[1:] if argv is None else argv
    arguments = _arguments(argv)
    logging.basicConfig(level=arguments.log_level, format="[%(asctime)s] %(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        listener = bind(arguments.host, arguments.port)
        return 0 if serve(_served(arguments, argv), listener, _patience(arguments)) else 1
    except StartError as error:
        print(f"functions_host: {error}", file=sys.stderr)
        return 1


def _leave(code: int) -> None:
    """End the process, even where a synchronous function still holds its thread."""
    logging.shutdown()
    sys.stdout.flush()
    if any(thread.name.startswith("function") and thread.is_alive() for thread in threading.enumerate()):
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    _leave(main())
