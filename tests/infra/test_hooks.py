"""The scripts that azd and people run, against fakes of az, azd and curl that note what they are asked."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.desk import BUSINESSES, PRINCIPAL, SCRIPTS, SHELLS, SUBSCRIPTION, Desk, copy_of_the_scripts
from tests.infra.test_template import APPOINTMENT_READ_WRITE_ALL, GRAPH_APP_ROLES, READ_ALL

GIVEN = {"BOOKING_BUSINESSES": BUSINESSES}
SECRETS = {"BOOKING_SECRET": "0123456789abcdef" * 2, "ALTCHA_HMAC_KEY": "fedcba9876543210" * 2}
# What people type into a setting; none of it may end a script early, or mean something to it.
TYPED = """it's "quoted" $HOME $(touch $FAKE/run) `touch $FAKE/run` \\ * {"a": ["b", "$c"]}
and a second line\t"""


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


def hook(desk: Desk, shell: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    given = {
        "AZURE_IDENTITY_PRINCIPAL_ID": PRINCIPAL,
        "AZURE_RESOURCE_GROUP": "rg-test",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        **variables,
    }
    return desk.run("grant-after-provision.sh", shell=shell, **given)


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


def test_secrets_are_made_once(desk: Desk) -> None:
    """Missing secrets are made, each its own; present ones stay."""
    assert desk.run("before-provision.sh", **GIVEN).returncode == 0
    made = dict(re.findall(r"env set (\w+) ([0-9a-f]{64})", "\n".join(desk.calls())))
    assert set(made) == {"BOOKING_SECRET", "ALTCHA_HMAC_KEY"}
    assert len(set(made.values())) == 2

    before = len(desk.calls())
    assert desk.run("before-provision.sh", **GIVEN, **made).returncode == 0
    assert len(desk.calls()) == before


def test_secrets_are_never_replaced(desk: Desk) -> None:
    """A short secret is refused, and a pipeline without the secret stops instead of making another."""
    assert desk.run("before-provision.sh", **GIVEN, BOOKING_SECRET="x" * 31).returncode == 1
    assert desk.run("before-provision.sh", **GIVEN, CI="true").returncode == 1
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
        env={"PATH": str(desk.folder), "PYTHON": sys.executable},
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


# -- what people have on their machines ----------------------------------------------------------------------


def says(answer: subprocess.CompletedProcess[str], *words: str) -> None:
    """A script stopped with one sentence that holds these words."""
    assert answer.returncode == 1, answer
    assert answer.stderr.count("\n") == 1, answer.stderr
    assert all(word in answer.stderr for word in words), answer.stderr


both_shells = pytest.mark.parametrize("shell", SHELLS)
both_hooks = pytest.mark.parametrize("script", ["before-provision.sh", "grant-after-provision.sh"])
ENVIRONMENT = {
    **GIVEN,
    **SECRETS,
    "AZURE_IDENTITY_PRINCIPAL_ID": PRINCIPAL,
    "AZURE_RESOURCE_GROUP": "rg-test",
    "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
}


@both_shells
@both_hooks
def test_no_azure_cli(desk: Desk, script: str, shell: str) -> None:
    """Without az nothing is tried, and the other way is named."""
    (desk.folder / "az").unlink()
    says(desk.run(script, shell=shell, **ENVIRONMENT), "was not found", "GRAPH_GRANT skip")


@both_shells
@both_hooks
def test_azure_cli_is_signed_out(desk: Desk, script: str, shell: str) -> None:
    """Somebody who is not signed in is told so at once; nothing is asked of the directory, nothing waits."""
    (desk.folder / "account").unlink()
    says(desk.run(script, shell=shell, **ENVIRONMENT), "az login")
    assert [call[0] for call in desk.commands()] == ["az"]


@both_shells
@both_hooks
def test_azure_cli_is_in_another_subscription(desk: Desk, script: str, shell: str) -> None:
    """The permissions would go to another tenant, so both subscriptions are named, and how to change."""
    (desk.folder / "account").write_text("bbbbbbbb-0000-0000-0000-000000000000\n")
    answer = desk.run(script, shell=shell, **ENVIRONMENT)
    says(answer, "bbbbbbbb-", f"az account set --subscription {SUBSCRIPTION}")
    assert desk.calls() == []


@both_shells
def test_without_the_grant_nobody_needs_the_azure_cli(desk: Desk, shell: str) -> None:
    """GRAPH_GRANT=skip is the way without az, before and after."""
    (desk.folder / "az").unlink()
    for script in ("before-provision.sh", "grant-after-provision.sh"):
        assert desk.run(script, shell=shell, **ENVIRONMENT, GRAPH_GRANT="skip").returncode == 0


def test_every_deployment_names_its_subscription(desk: Desk) -> None:
    """Az has a subscription of its own; the module goes into that of the deployment."""
    assert hook(desk).returncode == 0
    (call,) = [call for call in desk.commands() if "deployment" in call]
    assert call[call.index("--subscription") + 1] == SUBSCRIPTION


@pytest.mark.parametrize(
    "words",
    [
        "AADSTS700082: expired",
        "Please run 'az login'",
        "Authorization_RequestDenied",
        "Insufficient privileges",
    ],
)
def test_who_may_not_is_told_at_once(desk: Desk, words: str) -> None:
    """Only an identity that is not known yet is asked for again."""
    (desk.folder / "refused").write_text(f"ERROR: {words}\n")
    answer = desk.run("grant-graph-permissions.sh", PRINCIPAL, "read")
    assert answer.returncode == 1
    assert words in answer.stderr
    assert not [call for call in desk.commands() if call[0] == "sleep"]


# -- what people type into settings --------------------------------------------------------------------------


@both_shells
def test_settings_may_hold_anything(desk: Desk, shell: str) -> None:
    """Quotes, spaces, dollars, JSON and new lines pass, and are neither read nor run."""
    businesses = f'{{"a": "{TYPED}"}}'
    settings = {
        **ENVIRONMENT,
        "BOOKING_BUSINESSES": businesses,
        "TURNSTILE_SECRET": TYPED,
        "ALTCHA_HMAC_KEY": TYPED,
        "EXTRA_APP_SETTINGS": TYPED,
        "ALERT_EMAIL": TYPED,
        "HUMAN_CHECK": "turnstile",
        "TURNSTILE_SITE_KEY": TYPED,
    }
    answer = desk.run("before-provision.sh", shell=shell, **settings)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert desk.calls() == []
    assert not (desk.folder / "run").exists()


@both_shells
def test_a_resource_group_stays_one_argument(desk: Desk, shell: str) -> None:
    """What azd hands over reaches az as it is."""
    assert hook(desk, shell, AZURE_RESOURCE_GROUP=TYPED).returncode == 0
    (call,) = [call for call in desk.commands() if "deployment" in call]
    assert call[call.index("--resource-group") + 1] == TYPED
    assert not (desk.folder / "run").exists()


@both_shells
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUMAN_CHECK", "captcha"),
        ("GRAPH_CLOUD", "china"),
        ("GRAPH_FEATURES", "all"),
        ("GRAPH_GRANT", "no"),
        ("INSTANCE_MEMORY_MB", "1024"),
        ("PYTHON_VERSION", "3.12"),
        ("VNET_ENABLED", "yes"),
        ("MAXIMUM_INSTANCE_COUNT", "39"),
        ("MAXIMUM_INSTANCE_COUNT", "1001"),
        ("PER_INSTANCE_CONCURRENCY", "0"),
        ("ALWAYS_READY_HTTP", "-1"),
        ("ALWAYS_READY_HTTP", "99999999999999999999"),
        ("HUMAN_CHECK", 'it\'s "$x"'),
        ("BOOKING_BUSINESSES", "{contoso}"),
        ("BOOKING_SECRET", "short"),
        ("CORS_ALLOWED_ORIGINS", "https://www.contoso.com/"),
        ("CORS_ALLOWED_ORIGINS", "https://www.Contoso.com"),
        ("CORS_ALLOWED_ORIGINS", "https://a.example,https://b.example/"),
        ("CORS_ALLOWED_ORIGINS", "www.contoso.com"),
        ("CORS_ALLOWED_ORIGINS", "https://a.example,"),
        ("CORS_ALLOWED_ORIGINS", "https://a.example/page"),
        ("CORS_ALLOWED_ORIGINS", "HTTPS://a.example"),
        ("CORS_ALLOWED_ORIGINS", "https://a.example:443"),
        ("CORS_ALLOWED_ORIGINS", "https://a.example https://b.example"),
        ("CORS_ALLOWED_ORIGINS", "https://a b"),
        ("CORS_ALLOWED_ORIGINS", "https://www.b\u00fccher.example"),
        ("CORS_ALLOWED_ORIGINS", "https://a.example\nhttps://b.example"),
        ("CORS_ALLOWED_ORIGINS", '"https://a.example"'),
    ],
)
def test_a_wrong_setting_is_named_before_anything_is_made(
    desk: Desk, shell: str, name: str, value: str
) -> None:
    """One sentence with the variable's name, and nothing was changed."""
    says(desk.run("before-provision.sh", shell=shell, **{**ENVIRONMENT, name: value}), name)
    assert desk.calls() == []


def test_a_slash_at_the_end_is_named(desk: Desk) -> None:
    """The commonest mistake gets its own words: the host would refuse that website without a word."""
    answer = desk.run("before-provision.sh", **ENVIRONMENT, CORS_ALLOWED_ORIGINS="https://www.contoso.com/")
    says(answer, "'https://www.contoso.com/'", "take the slash at its end away")


@both_shells
@pytest.mark.parametrize(
    "origins",
    [
        "*",
        "https://a.example",
        "https://a.example, https://b.example:8443",
        " https://a.example ",
        "http://localhost:3000",
        "https://xn--mnchen-3ya.example",
        "http://a.example:443",
    ],
)
def test_origins_that_match(desk: Desk, shell: str, origins: str) -> None:
    """What a browser sends is let through; spaces around it are the template's to take away."""
    answer = desk.run("before-provision.sh", shell=shell, **ENVIRONMENT, CORS_ALLOWED_ORIGINS=origins)
    assert (answer.returncode, answer.stderr) == (0, "")


@both_shells
@pytest.mark.parametrize("missing", ["TURNSTILE_SITE_KEY", "TURNSTILE_SECRET"])
def test_turnstile_needs_both_of_its_values(desk: Desk, shell: str, missing: str) -> None:
    """The app would refuse to start, so nothing is provisioned."""
    given = {
        "TURNSTILE_SITE_KEY": "key",
        "TURNSTILE_SECRET": "secret",
        "HUMAN_CHECK": "turnstile",
        missing: "",
    }
    says(desk.run("before-provision.sh", shell=shell, **ENVIRONMENT, **given), missing)
    given[missing] = "given"
    assert desk.run("before-provision.sh", shell=shell, **ENVIRONMENT, **given).returncode == 0


def test_a_secret_that_azd_cannot_keep(desk: Desk) -> None:
    """Where azd fails the hook fails, and says what was lost."""
    (desk.folder / "azd").write_text("#!/bin/sh\nexit 1\n")
    says(desk.run("before-provision.sh", **{**ENVIRONMENT, "BOOKING_SECRET": ""}), "BOOKING_SECRET")


# -- a new identity's roles ----------------------------------------------------------------------------------


def waits(desk: Desk) -> list[str]:
    """How long the script slept, each time."""
    return [call[1] for call in desk.commands() if call[0] == "sleep"]


@both_shells
@pytest.mark.parametrize("how", ["skip", "auto"])
def test_a_new_identity_is_given_time_once(desk: Desk, shell: str, how: str) -> None:
    """The upload needs roles that were assigned a moment ago; it is said what is waited for."""
    answer = hook(desk, shell, GRAPH_GRANT=how, ROLE_WAIT_SECONDS="90")
    assert "Waiting 90 s" in answer.stdout
    assert "roles" in answer.stdout
    assert waits(desk) == ["90"]
    assert ["azd", "env", "set", "ROLES_WAITED_FOR", PRINCIPAL] in desk.commands()

    again = hook(desk, shell, GRAPH_GRANT=how, ROLE_WAIT_SECONDS="90", ROLES_WAITED_FOR=PRINCIPAL)
    assert (again.returncode, waits(desk)) == (0, ["90"])
    assert "Waiting" not in again.stdout


def test_another_identity_is_waited_for_again(desk: Desk) -> None:
    """After everything was removed and made anew there are other roles to wait for."""
    hook(desk, GRAPH_GRANT="skip", ROLE_WAIT_SECONDS="90", ROLES_WAITED_FOR=PRINCIPAL.replace("1", "2"))
    assert waits(desk) == ["90"]


# -- where the clone lies ------------------------------------------------------------------------------------


@both_shells
def test_a_clone_in_a_folder_with_a_space(tmp_path: Path, shell: str) -> None:
    """Every script works below a path with a space, called as azure.yaml calls it."""
    folder = tmp_path / "my clone's folder"
    folder.mkdir()
    desk = copy_of_the_scripts(folder)
    assert desk.run("before-provision.sh", shell=shell, **ENVIRONMENT).returncode == 0
    assert hook(desk, shell).returncode == 0
    (call,) = [call for call in desk.commands() if "deployment" in call]
    assert Path(call[call.index("--template-file") + 1]).samefile(
        folder / "infra" / "graph" / "permissions.bicep"
    )


def test_the_package_is_readable_by_the_host(desk: Desk) -> None:
    """Whatever mask the builder has, the host reads the package as another user."""
    scripts = desk.folder / "infra" / "scripts"
    scripts.mkdir(parents=True)
    shutil.copy(SCRIPTS / "package.sh", scripts)
    (desk.folder / "make").write_text(
        "#!/bin/sh\nmkdir -p dist content && touch content/host.json\n"
        f"cd content && {sys.executable} -m zipfile -c ../dist/app.zip host.json\n"
    )
    (desk.folder / "make").chmod(0o755)
    subprocess.run(
        ["/bin/sh", "-c", f"umask 077; exec '{scripts / 'package.sh'}'"],
        env={"PATH": str(desk.folder), "PYTHON": sys.executable},
        check=True,
    )
    app = desk.folder / "dist" / "app"
    assert stat.S_IMODE(app.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in app.iterdir()} == {0o644}
