"""The table of routes and the decorators of the route table say the same."""

from devtools.functions_host.declarations import read_declarations
from shared.api.routes import ROUTES
from tests.support.facade import Facade


def test_the_decorators_are_those_of_the_table(facade: Facade) -> None:
    """Each function has its path, its methods and its key, and no function is missing in the table."""
    functions = read_declarations(facade.module.app, "api", {}).http
    assert {
        (one.name, f"/{one.template.text}", one.methods, one.auth_level.lower()) for one in functions
    } == {
        (one.function, one.address, frozenset(one.methods), "function" if one.needs_key else "anonymous")
        for one in ROUTES
    }
