"""A folder with a fake az, azd and curl on the path, and what each of them was asked."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
SCRIPTS = INFRA / "scripts"
SHELLS = ("dash", "bash")
SUBSCRIPTION = "aaaaaaaa-0000-0000-0000-000000000000"
PRINCIPAL = "11111111-2222-3333-4444-555555555555"
BUSINESSES = '{"contoso-lunch": "contosolunch@contoso.com"}'

# Every argument is written down as it came, whatever it holds: arguments end with \x1f and calls with \x1e.
_RECORD = """#!/bin/sh
{ printf '%s\\037' "${0##*/}" "$@"; printf '\\036'; } >> "$FAKE/calls"
"""
_AZ = """
case "$*" in
*'account show'*)
    cat "$FAKE/account" 2>/dev/null || { echo "Please run 'az login' to setup account." >&2; exit 1; }
    ;;
*'deployment group create'*) exit "$(cat "$FAKE/module" 2>/dev/null || echo 0)" ;;
*'--method get'*appRoleAssignments*)
    [ ! -f "$FAKE/refused" ] || { cat "$FAKE/refused" >&2; exit 1; }
    cat "$FAKE/granted" 2>/dev/null || true
    ;;
*'--method get'*servicePrincipals*) echo 99999999-0000-0000-0000-000000000000 ;;
*'--method post'*)
    left=$(cat "$FAKE/failures" 2>/dev/null || echo 0)
    if [ "$left" -ne 0 ]; then
        echo $((left - 1)) > "$FAKE/failures"
        echo 'Request_ResourceNotFound' >&2
        exit 1
    fi
    printf '%s\\n' "$*" | sed 's/.*"appRoleId": "\\([^"]*\\)".*/\\1/' >> "$FAKE/granted"
    ;;
esac
"""
# What the scripts need of a POSIX system. Nothing else is on their path: no az that a machine may have.
_SYSTEM = [
    "basename",
    "cat",
    "chmod",
    "cmp",
    "cp",
    "dirname",
    "env",
    "find",
    "grep",
    "head",
    "mkdir",
    "mktemp",
    "od",
    "printf",
    "rm",
    "sed",
    "sh",
    "sort",
    "touch",
    "tr",
    "wc",
]


@dataclass(frozen=True, slots=True)
class Desk:
    """Runs scripts of infra/scripts with nothing in their environment but the path and what a test gives."""

    folder: Path
    root: Path = ROOT

    def prepare(self, *, az: bool = True) -> "Desk":
        """Put the fakes on the path, with az signed in to the subscription of the deployment."""
        for name in _SYSTEM:
            (self.folder / name).symlink_to(str(shutil.which(name)))
        programs = {"azd": "", "curl": "", "sleep": "", "az": _AZ}
        for name, text in programs.items():
            if az or name != "az":
                (self.folder / name).write_text(_RECORD + text)
                (self.folder / name).chmod(0o755)
        (self.folder / "account").write_text(f"{SUBSCRIPTION}\n")
        return self

    def run(
        self, script: str, *arguments: str, shell: str | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script, by its own first line or by a shell of that name."""
        environment = {
            "PATH": str(self.folder),
            "FAKE": str(self.folder),
            "GRANT_RETRY_SECONDS": "0",
            "ROLE_WAIT_SECONDS": "0",
            **variables,
        }
        command = [str(self.root / "infra" / "scripts" / script), *arguments]
        return subprocess.run(
            [str(shutil.which(shell)), *command] if shell else command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def commands(self) -> list[list[str]]:
        """Every call of a fake: its name and its arguments, as they came."""
        log = self.folder / "calls"
        calls = log.read_text().split("\x1e")[:-1] if log.exists() else []
        return [call.split("\x1f")[:-1] for call in calls]

    def calls(self, containing: str = "") -> list[str]:
        """The calls as lines, without those that only ask who is signed in or wait."""
        lines = [" ".join(call) for call in self.commands()]
        asked = [line for line in lines if "account show" not in line and not line.startswith("sleep ")]
        return [line for line in asked if containing in line]

    def granted(self) -> list[str]:
        """The roles that the fake directory was given."""
        return sorted((self.folder / "granted").read_text().split())


def copy_of_the_scripts(folder: Path) -> Desk:
    """A clone's infra folder below another one, and a desk that runs it."""
    shutil.copytree(INFRA, folder / "infra")
    tools = folder / "tools"
    tools.mkdir()
    return Desk(tools, folder).prepare()


def without(name: str) -> dict[str, str]:
    """The environment of this process without one variable."""
    return {key: value for key, value in os.environ.items() if key != name}
