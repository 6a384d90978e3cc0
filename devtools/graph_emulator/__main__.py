"""`python -m devtools.graph_emulator --port 7072`: the emulator on this machine's own address."""

import argparse
import json
from pathlib import Path

from devtools.graph_emulator.app import create_app
from devtools.graph_emulator.seed import apply_seed
from devtools.graph_emulator.server import HOST, serve
from devtools.graph_emulator.tokens import IDENTITY_HEADER, IDENTITY_PATH


def main() -> None:
    """Read the command line, say where the emulator is, serve."""
    parser = argparse.ArgumentParser(prog="python -m devtools.graph_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=7072)
    parser.add_argument("--seed", type=Path, help="a JSON file that is added to the default seed")
    options = parser.parse_args()
    app = create_app()
    if options.seed is not None:
        apply_seed(app.world.tenant, json.loads(options.seed.read_text("utf-8")))
    root = f"http://{HOST}:{options.port}"
    print(f"Graph Bookings emulator: {root}/beta  control plane: {root}/_emulator")
    print(f"IDENTITY_ENDPOINT={root}{IDENTITY_PATH}")
    print(f"IDENTITY_HEADER={IDENTITY_HEADER}", flush=True)
    serve(app, options.port)


if __name__ == "__main__":
    main()
