"""How long the local Functions host takes to answer on a kept connection, with and without TCP_NODELAY.

Run `python -m bench.local_host`. The same host answers at two listeners, in turns: its own, and one whose
protocol is not named, for which asyncio leaves Nagle's algorithm on.
"""

import argparse
import http.client
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

import azure.functions as func

from devtools.functions_host.host import create_host
from devtools.functions_host.serving import Patience, Server, bind, configuration

PATH = "/api/hello"


def app() -> func.FunctionApp:
    """One function that says hello to anybody."""
    hello = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @hello.route("hello", methods=["GET"])
    def answer(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(f"hello {req.method}")

    return hello


def unnamed() -> socket.socket:
    """A listener that does not name its protocol."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


@contextmanager
def connected(listener: socket.socket) -> Iterator[http.client.HTTPConnection]:
    """A host at this listener, and a connection to it that is kept."""
    host = create_host(app(), environ={})
    server = Server(configuration(host), host, Patience())
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    address, port = listener.getsockname()
    connection = http.client.HTTPConnection(address, port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()
        server.should_exit = True
        thread.join(10)


def milliseconds(connection: http.client.HTTPConnection) -> float:
    """The time of one answer."""
    began = time.perf_counter()
    connection.request("GET", PATH)
    with connection.getresponse() as answer:
        if answer.read() != b"hello GET":
            raise RuntimeError(f"the host answered {answer.status}")
    return (time.perf_counter() - began) * 1000


def main() -> int:
    """Print the medians; the difference is the network's and the kernel's, so no limit is held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100, help="answers of each")
    count: int = parser.parse_args().answers
    with ExitStack() as stack:
        ours = stack.enter_context(connected(bind("127.0.0.1", 0)))
        plain = stack.enter_context(connected(unnamed()))
        times = [(milliseconds(ours), milliseconds(plain)) for _ in range(count)]
    ours_ms, plain_ms = (median(each) for each in zip(*times, strict=True))
    print(f"median of {count} answers: {ours_ms:.2f} ms, without TCP_NODELAY {plain_ms:.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
