"""azure.yaml and the workflows: what azd and GitHub do with the files here."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.infra.desk import INFRA, ROOT, SCRIPTS

AZURE = (ROOT / "azure.yaml").read_text("utf-8")
HOOKS = re.findall(
    r"^ +(\w+):\n +shell: (\w+)\n((?: +interactive: true\n)?) +run: \|\n +(.+)$", AZURE, re.MULTILINE
)
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_azd_deploys_what_make_package_builds() -> None:
    """The package goes to Azure as built: no remote build, bytecode kept, an azd that knows the words."""
    assert "remoteBuild: false" in AZURE
    assert "dist: dist/app\n" in AZURE
    assert re.search(r'^requiredVersions:\n  azd: ">= 1\.23\.5"', AZURE, re.MULTILINE)
    assert ".funcignore" in (SCRIPTS / "package.sh").read_text("utf-8")
    assert "'azd-service-name': 'api'" in (INFRA / "app" / "functions.bicep").read_text("utf-8")
    assert "\n  api:\n" in AZURE


def test_hooks_are_lines_of_shell() -> None:
    """Azd calls a hook that is a file by its path, without quotes; a line of shell has no path to break."""
    scripts = {name: line for name, _, _, line in HOOKS}
    assert scripts == {
        "prepackage": "sh infra/scripts/package.sh",
        "preup": "sh infra/scripts/before-provision.sh",
        "preprovision": "sh infra/scripts/before-provision.sh",
        "postprovision": "sh infra/scripts/grant-after-provision.sh",
    }
    assert len(re.findall(r"^ +run:", AZURE, re.MULTILINE)) == len(HOOKS)
    for line in scripts.values():
        assert not (ROOT / line).exists()
        assert (ROOT / line.removeprefix("sh ")).is_file()


def test_hooks_that_have_something_to_say_are_heard() -> None:
    """Azd hides what a hook prints that ends well, unless the hook is interactive."""
    assert {name for name, _, interactive, _ in HOOKS if interactive} == {
        "preup",
        "preprovision",
        "postprovision",
    }


def test_scripts_keep_the_line_ends_of_a_shell() -> None:
    """A clone on Windows gets the scripts as they are."""
    paths = [str(path.relative_to(ROOT)) for path in SCRIPTS.glob("*.sh")] + [".ci/run"]
    shown = subprocess.run(
        ["git", "check-attr", "eol", "--", *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if shown.returncode:  # a copy without its history
        assert "*.sh text eol=lf" in (ROOT / ".gitattributes").read_text("utf-8").splitlines()
        return
    assert [line.rpartition(" ")[2] for line in shown.stdout.splitlines()] == ["lf"] * len(paths)
    assert not any(b"\r" in (ROOT / path).read_bytes() for path in paths)


@pytest.mark.parametrize("workflow", [path.name for path in WORKFLOWS])
def test_workflow_pins_every_action(workflow: str) -> None:
    """Actions are named by full commit, with the version in a comment."""
    source = (ROOT / ".github" / "workflows" / workflow).read_text("utf-8")
    uses = re.findall(r"uses: (.+)$", source, re.MULTILINE)
    assert uses
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in uses), uses


def test_the_token_is_asked_for_by_name() -> None:
    """The workflow that deploys has no right but the ones that a job names."""
    source = (ROOT / ".github" / "workflows" / "deploy.yml").read_text("utf-8")
    assert "permissions: {}" in source
    assert source.count("id-token: write") == 1


def test_the_workflow_runs_the_compiler() -> None:
    """GitHub has the compiler, and names it, so a missing one is a failure there and no skipped step."""
    source = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert "az bicep install" in source
    assert re.search(r'run: BICEP="\$HOME/\.azure/bin/bicep" infra/scripts/check-bicep\.sh', source)
    assert "pip install --require-hashes -r infra/requirements-actionlint.txt" in source


def test_the_workflow_names_its_azd() -> None:
    """What holds the rights to deploy is a version that was chosen, and new enough for azure.yaml."""
    source = (ROOT / ".github" / "workflows" / "deploy.yml").read_text("utf-8")
    found = re.search(
        r"uses: Azure/setup-azd@[0-9a-f]{40} .*\n +with:\n +version: (\d+)\.(\d+)\.(\d+)\b", source
    )
    assert found is not None
    assert tuple(map(int, found.groups())) >= (1, 23, 5)


def test_the_host_keeps_tokens_out_of_its_telemetry() -> None:
    """A booking token may stand in a query; the host is told not to log queries, whatever its default."""
    told = json.loads((ROOT / "host.json").read_text("utf-8"))["logging"]["applicationInsights"]
    assert told["enableQueryStringTracing"] is False


def test_a_vault_cannot_be_destroyed() -> None:
    """Soft delete alone leaves a purge to whoever may delete."""
    vault = (INFRA / "app" / "vault.bicep").read_text("utf-8")
    assert "enablePurgeProtection: true" in vault
    assert "CKV_AZURE_110" not in (INFRA / "checkov.yaml").read_text("utf-8")


def smoke_step() -> str:
    """The shell of the last step of deploy.yml, as GitHub runs it."""
    source = (ROOT / ".github" / "workflows" / "deploy.yml").read_text("utf-8")
    block = source[source.index("- name: Smoke test") :]
    script = block[block.index("run: |\n") + 7 :]
    return "\n".join(line.removeprefix(" " * 10) for line in script.splitlines())


@pytest.mark.parametrize(
    ("variable", "azd", "expected"),
    [
        ("https://a.example/api", "exit 1", "https://a.example/api"),
        ("", "echo https://b.example/api", "https://b.example/api"),
        ("", "exit 1", None),
    ],
)
def test_the_smoke_test_finds_the_address(
    tmp_path: Path, variable: str, azd: str, expected: str | None
) -> None:
    """The variable, else what this run's deployment gave; without either it says what to set."""
    for name, text in (("azd", azd), ("sh", f'/bin/sh -c \'echo "$2"\' - "$@" > {tmp_path}/asked')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    answer = subprocess.run(
        ["/bin/bash", "-e", "-c", smoke_step()],
        env={"PATH": str(tmp_path), "API_BASE_URL": variable},
        capture_output=True,
        text=True,
        check=False,
    )
    if expected is None:
        assert answer.returncode == 1
        assert "Set the variable API_BASE_URL" in answer.stdout
    else:
        assert (answer.returncode, answer.stderr) == (0, "")
        assert (tmp_path / "asked").read_text() == f"{expected}\n"
