"""docs/deploy.md, command by command: what it shows is what the tools understand."""

import re

import pytest

from tests.infra.desk import ROOT
from tests.infra.test_azd import HOOKS

DEPLOY = (ROOT / "docs" / "deploy.md").read_text("utf-8")
BLOCKS = re.findall(r"^ *```sh\n(.*?)^ *```", DEPLOY, re.MULTILINE | re.DOTALL)
COMMANDS = [
    line.strip() for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.strip()
]
# What asks nothing of a subscription, or names it otherwise.
WITHOUT_SUBSCRIPTION = ("az login", "az account set --subscription")


def position(command: str) -> int:
    """Where a command stands among those of the page."""
    (found,) = [number for number, line in enumerate(COMMANDS) if line.startswith(command)]
    return found


@pytest.mark.parametrize("command", [line for line in COMMANDS if re.search(r"(^|\()az ", line)])
def test_az_is_told_its_subscription(command: str) -> None:
    """The Azure CLI has a default of its own, so every command that touches a subscription names it."""
    assert command.startswith(WITHOUT_SUBSCRIPTION) or "--subscription <subscription id>" in command


def test_the_subscription_is_chosen_before_anything_else() -> None:
    """`az rest`, with which the permissions are granted, knows the default subscription's tenant alone."""
    assert position("az login") < position("az account set --subscription")
    assert position("az account set --subscription") < position("azd env new")


def test_providers_are_waited_for() -> None:
    """`az provider register` returns before it is done."""
    assert all("--wait" in line for line in COMMANDS if "provider register" in line)


def test_the_first_deployment_is_looked_at_first() -> None:
    """A preview runs no hook, so the secrets are made before it; the package is built before `azd up`."""
    order = ["azd env new", "azd hooks run preprovision", "azd provision --preview", "make package"]
    numbers = [position(command) for command in order]
    first_up = COMMANDS.index("azd up")
    assert numbers == sorted(numbers)
    assert numbers[-1] < first_up
    assert "preprovision" in {name for name, _, _, _ in HOOKS}


def test_single_values_are_read_by_their_name() -> None:
    """`azd env get-values` writes quotes and escapes, which nobody can paste."""
    assert not [line for line in COMMANDS if "get-values" in line]


def test_every_file_that_is_named_is_there() -> None:
    """Paths of the repository that the page shows exist."""
    named = set(re.findall(r"`((?:infra|tests|docs|\.github)/[\w./-]+\.\w+)`", DEPLOY))
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]


def test_links_within_the_documentation_lead_somewhere() -> None:
    """A link to a heading finds the heading, here and in the neighbouring page."""
    for page, anchor in re.findall(r"\]\((\w+\.md)?#([\w-]+)\)", DEPLOY):
        text = (ROOT / "docs" / page).read_text("utf-8") if page else DEPLOY
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}, anchor
