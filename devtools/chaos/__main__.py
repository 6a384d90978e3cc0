"""Book under bad weather, stops and edits by hand, then audit: `python -m devtools.chaos --intents 2000`.

With Azurite on the machine several facades share one storage; without it a single facade books with
everything in memory, and is not stopped, since it would forget what it promised.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from devtools.chaos.blows import KINDS, rates
from devtools.chaos.changes import CANCELLATIONS, MOVES
from devtools.chaos.cluster import Timings, running_cluster
from devtools.chaos.plan import Weather, make_plan
from devtools.chaos.run import Report, Run
from devtools.chaos.scene import first_day
from devtools.chaos.storage import Storage, in_memory, in_tables
from tests.support.azurite_server import MAIN

PROCESSES = 3
AT_ONCE = 32
FEATURES = ("book", "cancel")
"""Values of GRAPH_FEATURES: appointments end by DELETE with the first, by POST with the second."""

SHARED = {"stop", "storage"}
"""What strikes only where several facades share tables."""


def features_of(seed: int) -> str:
    """What this seed lets the facades do at Graph."""
    return random.Random(f"{seed}/features").choice(FEATURES)  # noqa: S311 - a plan, no secret


def chaos(
    seed: int,
    intents: int,
    store: str,
    folder: Path,
    *,
    at_once: int = AT_ONCE,
    kinds: Mapping[str, float] | None = None,
    moves: float = MOVES,
    cancellations: float = CANCELLATIONS,
    features: str | None = None,
) -> Report:
    """One run on processes of its own, which are gone afterwards; their logs stay in `folder`.

    `kinds` says how often each kind of bad luck strikes in a hundred intents: all of them by default;
    `moves` and `cancellations` are the shares of the intents that change what others have booked.
    The seed chooses the `features` that nobody names.
    """
    shared = store == "tables"
    processes = PROCESSES if shared else 1
    timings = Timings()
    struck = {
        kind: rate for kind, rate in (kinds or rates()).items() if shared or KINDS[kind][0] not in SHARED
    }
    waits = (timings.graph_call, timings.late_write, timings.list_lag)
    features = features or features_of(seed)
    weather = Weather(struck, *waits, moves, cancellations, features)
    plan = make_plan(seed, intents, first_day(), processes, weather)
    with (
        in_tables(folder) if shared else in_memory() as storage,
        running_cluster(
            folder, processes, timings, {**storage.settings, "GRAPH_FEATURES": features}, storage.proxy
        ) as cluster,
    ):
        return asyncio.run(_run(Run(plan=plan, cluster=cluster, timings=timings, at_once=at_once), storage))


async def _run(run: Run, storage: Storage) -> Report:
    async with storage.boards() as boards:
        return await run(boards)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devtools.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--intents", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument(
        "--store", choices=("tables", "memory"), default="tables" if MAIN.is_file() else "memory"
    )
    parser.add_argument("--only", nargs="+", default=(), metavar="KIND", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--without", nargs="+", default=(), metavar="KIND", help="all the other kinds")
    parser.add_argument("--times", type=float, default=1.0, help="so many times as much bad luck")
    parser.add_argument(
        "--windows", action="store_true", help="the staff also strike where Graph lets nobody notice"
    )
    parser.add_argument("--moves", type=_share, default=MOVES, help="the share that moves a booking")
    parser.add_argument(
        "--cancellations", type=_share, default=CANCELLATIONS, help="the share that cancels one"
    )
    parser.add_argument("--features", choices=FEATURES, help="GRAPH_FEATURES; else the seed chooses")
    parser.add_argument("--logs", type=Path, help="a folder for the logs of the processes")
    return parser


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("a share is from 0 to 1")
    return share


def main() -> int:
    """Read the command line, run, say what was found."""
    parser = _parser()
    options = parser.parse_args()
    try:
        kinds = rates(options.only, options.without, windows=options.windows)
    except ValueError as error:
        parser.error(str(error))
    if options.store == "memory":
        print("One facade with its records in memory: install Azurite (tests/azurite) for several.")
    # Ended by a signal, the servers are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = options.logs or Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    struck = {kind: rate * options.times for kind, rate in kinds.items()}
    report = chaos(
        options.seed,
        options.intents,
        options.store,
        folder,
        at_once=options.at_once,
        kinds=struck,
        moves=options.moves,
        cancellations=options.cancellations,
        features=options.features,
    )
    print(f"GRAPH_FEATURES={options.features or features_of(options.seed)}")
    print(report, f"logs: {folder}", sep="\n")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
