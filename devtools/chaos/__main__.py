"""Book under bad weather and killed processes, then audit: `python -m devtools.chaos --intents 2000`.

With Azurite on the machine several facades share one storage; without it a single facade books with
everything in memory, and is not killed, since it would forget what it promised.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from devtools.chaos.cluster import Timings, running_cluster
from devtools.chaos.plan import Weather, make_plan
from devtools.chaos.run import Report, Run
from devtools.chaos.scene import first_day
from tests.support.azurite_server import MAIN, running_azurite

PROCESSES = 3
AT_ONCE = 32


@contextmanager
def table_settings() -> Iterator[Mapping[str, str]]:
    """Azurite, and the settings with which facades keep their records there."""
    with running_azurite() as azurite:
        yield {"STORE": "tables", "TABLES_ENDPOINT": azurite.endpoint, **azurite.environment}


@contextmanager
def memory_settings() -> Iterator[Mapping[str, str]]:
    """The settings for one facade that keeps everything in memory."""
    yield {"STORE": "memory"}


def chaos(seed: int, intents: int, store: str, folder: Path, at_once: int = AT_ONCE) -> Report:
    """One run on processes of its own, which are gone afterwards; their logs stay in `folder`."""
    shared = store == "tables"
    processes = PROCESSES if shared else 1
    timings = Timings()
    weather = Weather(kills=0.5 if shared else 0.0, call_seconds=timings.graph_call)
    plan = make_plan(seed, intents, first_day(), processes, weather)
    with (
        table_settings() if shared else memory_settings() as stores,
        running_cluster(folder, processes, timings, stores) as cluster,
    ):
        return asyncio.run(Run(plan=plan, cluster=cluster, timings=timings, at_once=at_once)())


def main() -> int:
    """Read the command line, run, say what was found."""
    parser = argparse.ArgumentParser(prog="python -m devtools.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--intents", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument(
        "--store", choices=("tables", "memory"), default="tables" if MAIN.is_file() else "memory"
    )
    parser.add_argument("--logs", type=Path, help="a folder for the logs of the processes")
    options = parser.parse_args()
    if options.store == "memory":
        print("One facade with its records in memory: install Azurite (tests/azurite) for several.")
    # Ended by a signal, the servers are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = options.logs or Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    report = chaos(options.seed, options.intents, options.store, folder, options.at_once)
    print(report, f"logs: {folder}", sep="\n")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
