"""The template as text: in step with the code, with the facts, and with itself."""

import json
import re

import pytest

from shared.settings import Settings
from shared.tables.service import KINDS
from tests.infra.desk import INFRA, ROOT, SCRIPTS

FUNCTIONS = (INFRA / "app" / "functions.bicep").read_text(encoding="utf-8")
MAIN = (INFRA / "main.bicep").read_text(encoding="utf-8")
BICEP_FILES = sorted(INFRA.rglob("*.bicep"))
ALL_BICEP = "\n".join(path.read_text(encoding="utf-8") for path in BICEP_FILES)

# Settings that the platform reads, not the facade; the sample has none of them.
PLATFORM_SETTINGS = re.compile(r"AzureWebJobs|APPLICATIONINSIGHTS_")
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
    policies = re.findall(r"basicPublishingCredentialsPolicies@[\d-]+' = \{(.*?)\n\}", FUNCTIONS, re.DOTALL)
    assert [re.findall(r"name: '(\w+)'", policy) for policy in policies] == [["ftp"], ["scm"]]
    assert all("location: location" in one and "properties: { allow: false }" in one for one in policies)
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
    assert re.search(r"cors: \{[^}]*split\(replace\(corsAllowedOrigins, ' ', ''\), ','\)", FUNCTIONS)
    assert "supportCredentials: false" in FUNCTIONS


def test_alerts_ask_for_one_event_each() -> None:
    """The cheap filter of each alert and its exact comparison name the same event."""
    source = (INFRA / "app" / "alerts.bicep").read_text(encoding="utf-8")
    pairs = re.findall(r'message has "([\w.-]+)".*entry\.event\) == "([\w.-]+)"', source)
    assert {quick for quick, _ in pairs} == {
        "booking.unsettled",
        "business.unknown-zone",
        "limits.crowded",
        "booking.unknown",
        "graph.throttled",
    }
    assert all(quick == exact for quick, exact in pairs)


def test_alerts_ask_for_events_that_are_logged() -> None:
    """Every event that an alert waits for is written by the code."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py"))
    source = (INFRA / "app" / "alerts.bicep").read_text(encoding="utf-8")
    assert [event for event in re.findall(r'== "([\w.-]+)"', source) if f'"{event}"' not in code] == []


def test_the_tables_are_those_that_the_stores_use() -> None:
    """What the deployment creates is what the app opens: the prefix and the kind of each store."""
    text = (ROOT / "infra/app/storage.bicep").read_text("utf-8")
    listed = re.search(r"param tableNames string\[\] = \[(.*?)\]", text, re.DOTALL)
    assert listed is not None
    assert re.findall(r"'(\w+)'", listed[1]) == [f"bookings{kind}" for kind in KINDS]
