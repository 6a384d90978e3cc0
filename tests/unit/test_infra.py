"""The infrastructure as text: in step with the code, with the facts, and with itself.

What a resource may contain is checked by infra/scripts/check-bicep.sh, which the last tests here run
where the machine has its checker.
"""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shared.settings import Settings
from shared.tables.service import KINDS

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
SCRIPTS = INFRA / "scripts"
FUNCTIONS = (INFRA / "app" / "functions.bicep").read_text(encoding="utf-8")
MAIN = (INFRA / "main.bicep").read_text(encoding="utf-8")
BICEP_FILES = sorted(INFRA.rglob("*.bicep"))
ALL_BICEP = "\n".join(path.read_text(encoding="utf-8") for path in BICEP_FILES)

# Settings that the platform reads, not the facade; the sample has none of them.
PLATFORM_SETTINGS = re.compile(r"AzureWebJobsStorage__|APPLICATIONINSIGHTS_")
# Settings that make sense on a developer's machine alone.
LOCAL_SETTINGS = {"AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME", "GRAPH_BASE_URL"}
LOCAL_PREFIXES = ("IDENTITY_", "MSI_", "PYTHON_")
# Time limits have defaults; EXTRA_APP_SETTINGS sets them in Azure.
LOCAL_SUFFIXES = ("_SECONDS",)

# "Flex Consumption plan deprecations", Microsoft Learn.
FORBIDDEN_ON_FLEX = (
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_WORKER_RUNTIME_VERSION",
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_PROCESS_COUNT",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "ENABLE_ORYX_BUILD",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
    "WEBSITE_CONTENTOVERVNET",
    "WEBSITE_VNET_ROUTE_ALL",
    "WEBSITE_TIME_ZONE",
    "TZ",
)

AZURE_ROLES = {
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
}
READ_ALL = "6e98f277-b046-4193-a4f2-6bf6a78cd491"
APPOINTMENT_READ_WRITE_ALL = "9769393e-5a9f-4302-9e3d-7e018ecb64a7"
READ_WRITE_ALL = "0c4b2d20-7919-468d-8668-c54b09d4dee8"
GRAPH_ITSELF = "00000003-0000-0000-c000-000000000000"
GRAPH_APP_ROLES = {
    "read": [READ_ALL],
    "book": [READ_ALL, APPOINTMENT_READ_WRITE_ALL],
    "cancel": [READ_WRITE_ALL],
}
GUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def app_settings() -> dict[str, str]:
    """Names and Bicep expressions of the app settings of functions.bicep."""
    block = re.search(r"^var appSettings = \{\n(.*?)\n\}", FUNCTIONS, re.DOTALL | re.MULTILINE)
    assert block is not None
    return dict(re.findall(r"^  (\w+): (.+)$", block[1], re.MULTILINE))


def parameters(source: str) -> dict[str, bool]:
    """Names of a Bicep file's parameters, and whether each must be given."""
    return {name: "=" not in rest for name, rest in re.findall(r"^param (\w+)(.*)$", source, re.MULTILINE)}


# -- settings ------------------------------------------------------------------------------------------------


def test_app_settings_equal_the_sample() -> None:
    """Whoever configures the facade locally and in Azure finds the same names."""
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
    local = {
        name
        for name in sample
        if name not in LOCAL_SETTINGS
        and not name.startswith(LOCAL_PREFIXES)
        and not name.endswith(LOCAL_SUFFIXES)
    }
    azure = {name for name in app_settings() if not PLATFORM_SETTINGS.match(name)}
    assert azure == local


def test_every_app_setting_is_read() -> None:
    """No app setting is set in vain: shared/settings.py knows each by name."""
    source = (ROOT / "shared" / "settings.py").read_text(encoding="utf-8")
    unread = {
        name for name in app_settings() if not PLATFORM_SETTINGS.match(name) and f'"{name}"' not in source
    }
    assert not unread


@pytest.mark.parametrize("name", ["humanCheck", "graphCloud"])
def test_allowed_values_are_those_of_the_code(name: str) -> None:
    """A value that the template lets through is one that the facade accepts."""
    allowed = re.search(rf"@allowed\(\[(.*)\]\)\n@description\(.*\)\nparam {name} ", MAIN)
    assert allowed is not None
    variable = "HUMAN_CHECK" if name == "humanCheck" else "GRAPH_CLOUD"
    for value in re.findall(r"'(\w+)'", allowed[1]):
        environ = {
            "BOOKING_BUSINESSES": '{"contoso-lunch": "contosolunch@contoso.com"}',
            "ALTCHA_HMAC_KEY": "x" * 32,
            "TURNSTILE_SECRET": "x",
            "TURNSTILE_SITE_KEY": "x",
        }
        assert Settings.from_environ({**environ, variable: value})


def test_no_setting_that_flex_consumption_refuses() -> None:
    """Flex Consumption refuses or ignores these settings, so none is set."""
    assert not set(app_settings()) & set(FORBIDDEN_ON_FLEX)
    assert not re.search(r"\b(WEBSITE_\w+|SCM_DO_BUILD\w*|ENABLE_ORYX\w*)\b", ALL_BICEP)


def test_host_storage_by_identity() -> None:
    """The host reaches its storage with the identity, and the facade its tables."""
    settings = app_settings()
    assert settings["AzureWebJobsStorage__credential"] == "'managedidentity'"
    assert settings["AzureWebJobsStorage__clientId"] == "identityClientId"
    for service in ("blob", "queue", "table"):
        assert settings[f"AzureWebJobsStorage__{service}ServiceUri"].endswith(f"primaryEndpoints.{service}")
    assert settings["AZURE_CLIENT_ID"] == "identityClientId"
    assert settings["GRAPH_CREDENTIAL"] == "'managed_identity'"
    assert settings["STORE"] == "'tables'"
    assert "Authorization=AAD" in settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]


# -- access --------------------------------------------------------------------------------------------------


def test_no_shared_key_anywhere() -> None:
    """No account key, no password publishing, no anonymous blob, no telemetry by key."""
    storage = (INFRA / "app" / "storage.bicep").read_text(encoding="utf-8")
    assert "allowSharedKeyAccess: false" in storage
    assert "allowBlobPublicAccess: false" in storage
    assert "minimumTlsVersion: 'TLS1_2'" in storage
    assert not re.search(r"listKeys|AccountKey|SharedAccessSignature|listAccountSas", ALL_BICEP)
    assert "DisableLocalAuth: true" in ALL_BICEP
    assert "properties: { allow: false }" in FUNCTIONS
    assert "httpsOnly: true" in FUNCTIONS


def test_secrets_are_secure_parameters() -> None:
    """A parameter that carries a secret is @secure() in every file, and no output repeats it."""
    for path in BICEP_FILES:
        source = path.read_text(encoding="utf-8")
        for name in ("bookingSecret", "altchaHmacKey", "turnstileSecret"):
            for declared in re.finditer(rf"((?:^[@)\]].*\n)*)^param {name} ", source, re.MULTILINE):
                assert "@secure()" in declared[1], f"{path.name}: {name}"
            assert not re.search(rf"^output .* = {name}$", source, re.MULTILINE)
    assert re.search(r"@minLength\(32\)\n(@.*\n)*param bookingSecret", MAIN)


def test_azure_roles_are_the_least() -> None:
    """The identity gets exactly these roles on storage and telemetry."""
    source = (INFRA / "app" / "roles.bicep").read_text(encoding="utf-8")
    assert dict(re.findall(r"^var (\w+) = '([0-9a-f-]{36})'$", source, re.MULTILINE)) == AZURE_ROLES
    assert "principalType: 'ServicePrincipal'" in source


def test_graph_permissions_are_the_least_for_each_feature() -> None:
    """The module grants R to read, R and A to book, W to cancel, and nothing else."""
    source = (INFRA / "graph" / "permissions.bicep").read_text(encoding="utf-8")
    ids = dict(re.findall(r"^var (\w+) = '([0-9a-f-]{36})'$", source, re.MULTILINE))
    table = re.search(r"var appRolesOf = \{\n(.*?)\n\}", source, re.DOTALL)
    assert table is not None
    granted = {
        feature: [ids[name.strip()] for name in names.split(",")]
        for feature, names in re.findall(r"(\w+): \[(.*)\]", table[1])
    }
    assert granted == GRAPH_APP_ROLES


@pytest.mark.parametrize("name", ["grant-graph-permissions.sh", "grant-graph-permissions.ps1"])
def test_scripts_know_the_same_graph_permissions(name: str) -> None:
    """The scripts grant what the module grants."""
    known = set(GUID.findall((SCRIPTS / name).read_text(encoding="utf-8")))
    assert known == {READ_ALL, APPOINTMENT_READ_WRITE_ALL, READ_WRITE_ALL, GRAPH_ITSELF}


# -- files in step with each other ---------------------------------------------------------------------------


def test_cors_reaches_the_site() -> None:
    """The origins of the parameter file end as the site's CORS policy."""
    assert "corsAllowedOrigins" in parameters(MAIN)
    assert "corsAllowedOrigins" in parameters(FUNCTIONS)
    assert "corsAllowedOrigins: corsAllowedOrigins" in MAIN
    assert re.search(r"cors: \{[^}]*split\(corsAllowedOrigins, ','\)", FUNCTIONS)
    assert "supportCredentials: false" in FUNCTIONS


def test_parameter_file_fits_the_template() -> None:
    """Every parameter of the template that has no default is given, and none is given in vain."""
    source = (INFRA / "main.bicepparam").read_text(encoding="utf-8")
    given, known = set(parameters(source)), parameters(MAIN)
    assert {name for name, required in known.items() if required} <= given
    assert given <= set(known)


def test_alerts_ask_for_one_event_each() -> None:
    """The cheap filter of each alert and its exact comparison name the same event."""
    source = (INFRA / "app" / "alerts.bicep").read_text(encoding="utf-8")
    pairs = re.findall(r'message has "([\w.-]+)".*entry\.event\) == "([\w.-]+)"', source)
    assert {quick for quick, _ in pairs} == {
        "booking.unsettled",
        "business.unknown-zone",
        "booking.unknown",
        "graph.throttled",
    }
    assert all(quick == exact for quick, exact in pairs)


def test_alerts_ask_for_events_that_are_logged() -> None:
    """Every event that an alert waits for is written by the code."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py"))
    source = (INFRA / "app" / "alerts.bicep").read_text(encoding="utf-8")
    assert [event for event in re.findall(r'== "([\w.-]+)"', source) if f'"{event}"' not in code] == []


def test_azd_deploys_what_make_package_builds() -> None:
    """The package goes to Azure as built: no remote build, bytecode kept, hooks that exist and may run."""
    source = (ROOT / "azure.yaml").read_text(encoding="utf-8")
    assert "remoteBuild: false" in source
    assert "dist: dist/app\n" in source
    assert ".funcignore" in (SCRIPTS / "package.sh").read_text(encoding="utf-8")
    hooks = re.findall(r"run: (\S+)", source)
    assert len(hooks) == 4
    for hook in hooks:
        assert (ROOT / hook).stat().st_mode & stat.S_IXUSR, hook
    assert "'azd-service-name': 'api'" in FUNCTIONS
    assert "\n  api:\n" in source


def test_workflow_pins_every_action() -> None:
    """Actions are named by full commit with the version in a comment, and the token is asked for by name."""
    source = (ROOT / ".github" / "workflows" / "deploy.yml").read_text(encoding="utf-8")
    uses = re.findall(r"uses: (.+)$", source, re.MULTILINE)
    assert uses
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in uses), uses
    assert "permissions: {}" in source
    assert source.count("id-token: write") == 1


# -- scripts, against a fake az and azd ----------------------------------------------------------------------

PRINCIPAL = "11111111-2222-3333-4444-555555555555"
FAKE_AZ = """#!/bin/sh
printf '%s\\n' "$*" >> "$FAKE/calls"
case "$*" in
*'deployment group create'*) exit "$(cat "$FAKE/module" 2>/dev/null || echo 0)" ;;
*'--method get'*appRoleAssignments*) cat "$FAKE/granted" 2>/dev/null || true ;;
*'--method get'*servicePrincipals*) echo 99999999-0000-0000-0000-000000000000 ;;
*'--method post'*)
    left=$(cat "$FAKE/failures" 2>/dev/null || echo 0)
    [ "$left" -eq 0 ] || { echo $((left - 1)) > "$FAKE/failures"; exit 1; }
    printf '%s\\n' "$*" | sed 's/.*"appRoleId": "\\([^"]*\\)".*/\\1/' >> "$FAKE/granted"
    ;;
esac
"""
FAKE_AZD = """#!/bin/sh
printf '%s\\n' "$*" >> "$FAKE/calls"
"""


class Desk:
    """A folder with a fake az and azd on the path, and what was asked of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in (("az", FAKE_AZ), ("azd", FAKE_AZD)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)

    def run(self, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script of infra/scripts with nothing in its environment but the path and `variables`."""
        environment = {
            "PATH": f"{self.folder}:/usr/bin:/bin",
            "FAKE": str(self.folder),
            "GRANT_RETRY_SECONDS": "0",
            **variables,
        }
        return subprocess.run(
            [str(SCRIPTS / script), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def calls(self, containing: str = "") -> list[str]:
        log = self.folder / "calls"
        return [line for line in log.read_text().splitlines() if containing in line] if log.exists() else []

    def granted(self) -> list[str]:
        return sorted((self.folder / "granted").read_text().split())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("features", GRAPH_APP_ROLES)
def test_grant_gives_what_the_feature_needs_once(desk: Desk, features: str) -> None:
    """The first run grants exactly the feature's roles, and the second writes nothing."""
    assert desk.run("grant-graph-permissions.sh", PRINCIPAL, features).returncode == 0
    assert desk.granted() == sorted(GRAPH_APP_ROLES[features])
    writes = len(desk.calls("--method post"))

    assert desk.run("grant-graph-permissions.sh", PRINCIPAL, features).returncode == 0
    assert len(desk.calls("--method post")) == writes


def test_grant_waits_for_a_new_identity(desk: Desk) -> None:
    """An identity that the directory does not know yet is asked about again; a lasting failure is one."""
    (desk.folder / "failures").write_text("2")
    assert desk.run("grant-graph-permissions.sh", PRINCIPAL, "read").returncode == 0
    assert desk.granted() == [READ_ALL]

    (desk.folder / "granted").unlink()
    (desk.folder / "failures").write_text("99")
    assert desk.run("grant-graph-permissions.sh", PRINCIPAL, "read").returncode != 0


def test_grant_check_changes_nothing(desk: Desk) -> None:
    """--check tells what is missing by its exit status and writes nothing."""
    answer = desk.run("grant-graph-permissions.sh", "--check", PRINCIPAL, "book")
    assert (answer.returncode, desk.calls("--method post")) == (3, [])
    assert APPOINTMENT_READ_WRITE_ALL in answer.stdout


@pytest.mark.parametrize(
    "principal",
    [
        "",
        "not-a-guid",
        PRINCIPAL[:-1],
        f"{PRINCIPAL}\nx",
        f'{PRINCIPAL}", "x": "',
        PRINCIPAL.replace("1", "g"),
    ],
)
def test_grant_takes_nothing_but_a_guid(desk: Desk, principal: str) -> None:
    """What is not a GUID reaches neither an address nor a body."""
    assert desk.run("grant-graph-permissions.sh", principal, "read").returncode == 2
    assert desk.calls() == []


def test_grant_refuses_unknown_features_and_clouds(desk: Desk) -> None:
    """A misspelt feature or cloud stops before anything is asked."""
    assert desk.run("grant-graph-permissions.sh", PRINCIPAL, "everything").returncode == 2
    assert desk.run("grant-graph-permissions.sh", PRINCIPAL, "read", GRAPH_CLOUD="china").returncode == 2
    assert desk.calls() == []


def test_grant_asks_the_graph_of_the_cloud(desk: Desk) -> None:
    """In a government cloud no call goes to the global Graph."""
    assert desk.run("grant-graph-permissions.sh", PRINCIPAL, "read", GRAPH_CLOUD="usgov").returncode == 0
    assert desk.calls("https://graph.microsoft.us/")
    assert not desk.calls("graph.microsoft.com")


def hook(desk: Desk, **variables: str) -> subprocess.CompletedProcess[str]:
    given = {"AZURE_IDENTITY_PRINCIPAL_ID": PRINCIPAL, "AZURE_RESOURCE_GROUP": "rg-test", **variables}
    return desk.run("grant-after-provision.sh", **given)


def test_provision_grants_by_the_module(desk: Desk) -> None:
    """After provisioning the Bicep module is deployed with the identity and the feature."""
    assert hook(desk, GRAPH_FEATURES="read").returncode == 0
    (call,) = desk.calls("deployment group create")
    assert f"principalId={PRINCIPAL} features=read" in call
    assert not desk.calls("--method post")


def test_provision_does_not_deploy_the_module_twice(desk: Desk) -> None:
    """Where the roles are granted the module, which would fail, is not deployed again."""
    (desk.folder / "granted").write_text("\n".join(GRAPH_APP_ROLES["book"]))
    assert hook(desk).returncode == 0
    assert not desk.calls("deployment group create")


def test_provision_falls_back_to_the_script(desk: Desk) -> None:
    """Where the module fails the script grants."""
    (desk.folder / "module").write_text("1")
    assert hook(desk).returncode == 0
    assert desk.granted() == sorted(GRAPH_APP_ROLES["book"])


def test_provision_says_how_to_grant_by_hand(desk: Desk) -> None:
    """Without the rights the hook fails and names the command; GRAPH_GRANT=skip goes on and names it too."""
    (desk.folder / "module").write_text("1")
    (desk.folder / "failures").write_text("99")
    refused = hook(desk)
    skipped = hook(desk, GRAPH_GRANT="skip")
    assert (refused.returncode, skipped.returncode) == (1, 0)
    for answer in (refused, skipped):
        assert f"grant-graph-permissions.sh {PRINCIPAL} book" in answer.stderr


BUSINESSES = {"BOOKING_BUSINESSES": '{"contoso-lunch": "contosolunch@contoso.com"}'}


def test_secrets_are_made_once(desk: Desk) -> None:
    """Missing secrets are made, each its own; present ones stay."""
    assert desk.run("before-provision.sh", **BUSINESSES).returncode == 0
    made = dict(re.findall(r"env set (\w+) ([0-9a-f]{64})", "\n".join(desk.calls())))
    assert set(made) == {"BOOKING_SECRET", "ALTCHA_HMAC_KEY"}
    assert len(set(made.values())) == 2

    before = len(desk.calls())
    assert desk.run("before-provision.sh", **BUSINESSES, **made).returncode == 0
    assert len(desk.calls()) == before


def test_secrets_are_never_replaced(desk: Desk) -> None:
    """A short secret is refused, and a pipeline without the secret stops instead of making another."""
    assert desk.run("before-provision.sh", **BUSINESSES, BOOKING_SECRET="x" * 31).returncode == 1
    assert desk.run("before-provision.sh", **BUSINESSES, CI="true").returncode == 1
    assert desk.calls() == []


def test_businesses_are_asked_for(desk: Desk) -> None:
    """Without a business nothing is provisioned, and the answer says how to name one."""
    answer = desk.run("before-provision.sh")
    assert (answer.returncode, desk.calls()) == (1, [])
    assert "azd env set BOOKING_BUSINESSES" in answer.stderr


def test_package_is_unpacked_with_its_bytecode(desk: Desk) -> None:
    """What azd zips again is the whole package, and an ignore file keeps azd from leaving bytecode out."""
    scripts = desk.folder / "infra" / "scripts"
    scripts.mkdir(parents=True)
    shutil.copy(SCRIPTS / "package.sh", scripts)
    (desk.folder / "make").write_text(
        "#!/bin/sh\nmkdir -p dist content/__pycache__ && touch content/host.json content/__pycache__/a.pyc\n"
        f"cd content && {sys.executable} -m zipfile -c ../dist/app.zip host.json __pycache__\n"
    )
    (desk.folder / "make").chmod(0o755)
    stale = desk.folder / "dist" / "app" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.touch()

    subprocess.run(
        [str(scripts / "package.sh")],
        env={"PATH": f"{desk.folder}:/usr/bin:/bin", "PYTHON": sys.executable},
        timeout=60,
        check=True,
    )

    app = desk.folder / "dist" / "app"
    assert {str(path.relative_to(app)) for path in app.rglob("*") if path.is_file()} == {
        ".funcignore",
        "host.json",
        "__pycache__/a.pyc",
    }
    ignored = (app / ".funcignore").read_text().splitlines()
    assert all(line.startswith("#") for line in ignored)


@contextmanager
def facade(**statuses: int) -> Iterator[str]:
    """A server that answers like a deployed facade, but for the given ends of paths; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            end = self.path.rsplit("/", 1)[-1]
            usual = 404 if "there-is-no-such-business" in self.path else 200
            self.send_response(statuses.get(end, usual))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api"
        finally:
            server.shutdown()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the smoke test needs curl")
def test_smoke_test_passes_and_fails(desk: Desk) -> None:
    """The smoke test passes on a facade that is ready; it fails where it is not, or knows any business."""
    quick = {"SMOKE_ATTEMPTS": "2", "SMOKE_RETRY_SECONDS": "0"}
    with facade() as address:
        assert desk.run("smoke.sh", address, "contoso-lunch", **quick).returncode == 0
    with facade(ready=503) as address:
        unready = desk.run("smoke.sh", address, **quick)
    assert (unready.returncode, unready.stderr) == (1, "FAIL /health/ready: 503, expected 200\n")
    with facade(services=200) as address:
        assert desk.run("smoke.sh", address, **quick).returncode == 1
    assert desk.run("smoke.sh").returncode == 2


# -- the offline check ---------------------------------------------------------------------------------------


def test_bicep_check_says_that_it_is_skipped() -> None:
    """Without a checker the script succeeds and says so."""
    environment = {name: value for name, value in os.environ.items() if name != "BICEP_CHECK"}
    answer = subprocess.run(
        [str(SCRIPTS / "check-bicep.sh")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "skipped" in answer.stdout


needs_checker = pytest.mark.skipif(
    not os.environ.get("BICEP_CHECK"), reason="BICEP_CHECK names no Bicep checker on this machine"
)


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPTS / "check-bicep.sh"), str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@needs_checker
@pytest.mark.timeout(300)
def test_bicep_is_sound() -> None:
    """The files as they are pass the check, and all of them are checked."""
    answer = check(INFRA)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"{len(BICEP_FILES)} files, no errors" in answer.stderr


FAULTS = {
    "a wrong property": ("app/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeys: false"),
    "a missing module parameter": ("main.bicep", "    graphCloud: graphCloud\n", ""),
    "an undeclared name": ("app/functions.bicep", "serverFarmId: plan.id", "serverFarmId: plans.id"),
    "a missing property": ("app/storage.bicep", "  sku: { name: 'Standard_LRS' }\n", ""),
    "an output that is not": ("main.bicep", "identity.outputs.clientId", "identity.outputs.client"),
}


@needs_checker
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", FAULTS)
def test_bicep_check_finds_a_fault(tmp_path: Path, fault: str) -> None:
    """The check is no formality: each seeded fault makes it fail."""
    name, sound, faulty = FAULTS[fault]
    copy = tmp_path / "infra"
    shutil.copytree(INFRA, copy)
    source = (copy / name).read_text(encoding="utf-8")
    assert sound in source
    (copy / name).write_text(source.replace(sound, faulty), encoding="utf-8")
    answer = check(copy)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "error" in answer.stdout


def test_the_tables_are_those_that_the_stores_use() -> None:
    """What the deployment creates is what the app opens: the prefix and the kind of each store."""
    text = (ROOT / "infra/app/storage.bicep").read_text("utf-8")
    listed = re.search(r"param tableNames string\[\] = \[(.*?)\]", text, re.DOTALL)
    assert listed is not None
    assert re.findall(r"'(\w+)'", listed[1]) == [f"bookings{kind}" for kind in KINDS]
