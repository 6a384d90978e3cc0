"""Which modules the app can reach, found by following imports from its entry point.

Most packages are followed module by module. The Graph SDK is generated: every request builder and every
model imports its neighbours inside its methods, so that following whole modules ends at the whole of
Microsoft Graph. It is therefore followed method by method: a method counts as called when its name is
used by code that can hold an object of the SDK, and a method that the app replaces does not count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devtools.package.sources import MODULE_LEVEL, Import, Source, Unit, read_source

SDK = "msgraph_beta"
ANYTHING = ""
"""What follows on a value that is kept or handed on."""

SDK_FOUNDATION = "kiota_abstractions"
"""Every package whose code handles objects of the SDK imports one of these two."""

TRANSPORT = "shared/platform/azure_transport.py stands in for it"
IDENTITY = "shared/graph/credentials.py has something stand in for it: a managed identity has no certificate"
BROWSER = "shared/graph/credentials.py has something stand in for it: nobody signs in with a browser"
NEVER_LOADED = {
    "aiohttp": TRANSPORT,
    "azure.identity._credentials.certificate": IDENTITY,
    "azure.identity._internal.aadclient_certificate": IDENTITY,
    "azure.identity._internal.auth_code_redirect_handler": BROWSER,
    "charset_normalizer": TRANSPORT,
    "cryptography": "only for certificates, and for tokens that are signed or kept on a disk",
    "dns": "e-mail addresses are judged by their form, without asking for their hosts",
    "h2": "shared/graph/__init__.py loads httpcore as where there is no HTTP/2",
    "jwt": "msal signs with it what takes the place of a client's secret; a managed identity has neither",
    "msal.managed_identity": "azure-identity's asynchronous credential asks the identity's endpoint itself",
    "msal.oauth2cli.authcode": BROWSER,
    "requests": TRANSPORT,
    "urllib3": "shared/graph/__init__.py has the standard library read addresses in its place",
}
"""Modules that libraries import only for what the app never asks of them, each with what makes that sure.

Whoever asks all the same gets an ImportError. The package's proof fails where anybody asked, whether or
not the error was caught.
"""


@dataclass(slots=True)
class Reach:
    """What was reached, and what was met on the way."""

    modules: set[str] = field(default_factory=set)
    sources: dict[str, Source] = field(default_factory=dict)
    not_followed: set[tuple[str, str]] = field(default_factory=set)
    """(module, `Class.method`) that the app replaces."""


def is_sdk(module: str) -> bool:
    """Whether the module belongs to the generated SDK."""
    return module == SDK or module.startswith(f"{SDK}.")


class Explorer:
    """Follows imports; `files` maps every module that there is to its file."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._waiting: list[str] = []
        self._waiting_in_sdk: list[str] = []
        self._methods = Methods()
        self._found = Reach()

    def explore(self, *roots: str) -> Reach:
        """Everything that can be reached from these modules; may be called again with more of them."""
        for root in roots:
            self._reach(root)
        while self._waiting or self._waiting_in_sdk:
            # The SDK comes last: by then it is known which of its methods the app replaces.
            self._follow((self._waiting or self._waiting_in_sdk).pop())
            if not self._waiting and not self._waiting_in_sdk:
                for module, unit in self._methods.callable_now():
                    self._run(module, unit)
        return self._found

    def _reach(self, module: str) -> None:
        """A module is imported after all its parents."""
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            if name in NEVER_LOADED:
                return
            if name in self._files and name not in self._found.modules:
                self._found.modules.add(name)
                (self._waiting_in_sdk if is_sdk(name) else self._waiting).append(name)

    def _follow(self, module: str) -> None:
        path = self._files[module]
        if path.suffix != ".py":
            return
        source = self._found.sources[module] = read_source(path, module)
        self._found.not_followed |= {one for one in source.replaced if is_sdk(one[0])}
        if not is_sdk(module):
            self._follow_whole(source)
            return
        for unit in source.units.values():
            if unit.name == MODULE_LEVEL or unit.last_name.startswith("__"):
                self._run(module, unit)
            elif (module, unit.name) not in self._found.not_followed:
                self._methods.meet(module, unit)

    def _follow_whole(self, source: Source) -> None:
        """A module outside the SDK: every function counts as called."""
        near = {_top(source.module), *(_top(one.module) for one in source.imports)}
        for unit in source.units.values():
            self._import(unit)
            if near & {SDK, SDK_FOUNDATION}:
                self._methods.use(unit)

    def _run(self, module: str, unit: Unit) -> None:
        """A part of the SDK that is called."""
        self._import(unit)
        self._methods.use(unit, module)
        if is_builder(module) and unit.name != MODULE_LEVEL:
            self._methods.leads(unit)

    def _import(self, unit: Unit) -> None:
        for one in unit.imports:
            for module in targets(one):
                self._reach(module)


class Methods:
    """The SDK's methods that were met, and the names by which something may call them.

    A method is called where its name is used. A request builder's method needs more: the builder is the
    value of another builder's member, and what the code goes on to do with that member is in the code:
    from `client.solutions.booking_businesses` only `booking_businesses` of the builder `solutions`.
    """

    def __init__(self) -> None:
        self._dormant: list[tuple[str, Unit]] = []
        self._used: set[str] = set()
        self._own: dict[str, set[str]] = {}
        self._chains: dict[str, set[str]] = {}
        self._members: dict[str, set[str]] = {}

    def meet(self, module: str, unit: Unit) -> None:
        """A method that nothing is known to call yet."""
        self._dormant.append((module, unit))

    def use(self, unit: Unit, module: str | None = None) -> None:
        """Running code uses names; `self.name` in a module of the SDK is that module's own."""
        self._used |= unit.attributes
        if module is None:
            self._used |= unit.own
        else:
            self._own.setdefault(module, set()).update(unit.own)
        for name, following in unit.chains:
            self._chains.setdefault(name, set()).add(following)

    def leads(self, unit: Unit) -> None:
        """A builder's member that runs leads to other builders."""
        for one in unit.imports:
            for module in targets(one):
                self._members.setdefault(module, set()).add(unit.last_name)

    def callable_now(self) -> list[tuple[str, Unit]]:
        """The methods that are called by now, each once."""
        called = [each for each in self._dormant if self._is_called(*each)]
        self._dormant = [each for each in self._dormant if each not in called]
        return called

    def _is_called(self, module: str, unit: Unit) -> bool:
        name = unit.last_name
        if name in self._own.get(module, ()):
            return True
        if name not in self._used:
            return False
        members = self._members.get(module) if is_builder(module) else None
        if members is None:
            return True
        following = set().union(*(self._chains.get(member, set()) for member in members))
        return ANYTHING in following or name in following


def is_builder(module: str) -> bool:
    """Whether the module is a generated request builder."""
    return module.endswith(("_request_builder", "_service_client"))


def targets(one: Import) -> Iterator[str]:
    """The modules that an import may load: what is imported from a package may be a module of it."""
    yield one.module
    for name in one.names:
        yield f"{one.module}.{name}"


def _top(module: str) -> str:
    return module.partition(".")[0]
