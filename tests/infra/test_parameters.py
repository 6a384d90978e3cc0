"""The parameters file compiles, whatever of its variables is set; all places name the same variables.

The compiler is not needed: tests/infra/compiler.py says what it would say.
"""

import re
from collections.abc import Mapping

import pytest

from tests.infra.bicep import Source, read
from tests.infra.compiler import Compiler, judge, problems
from tests.infra.desk import BUSINESSES, INFRA, ROOT, Desk

TEMPLATE = (INFRA / "main.bicep").read_text("utf-8")
GIVEN = (INFRA / "main.bicepparam").read_text("utf-8")
# azd sets the first two before it does anything; its hook sees to the others (the last tests here).
BY_AZD = {"AZURE_ENV_NAME": "prod", "AZURE_LOCATION": "westeurope"}
BY_HOOK = {"BOOKING_BUSINESSES": BUSINESSES, "BOOKING_SECRET": "0123456789abcdef" * 2}
GUARANTEED = {**BY_AZD, **BY_HOOK}
# A value of each optional variable that is not its default.
OTHER = {
    "ACTION_GROUP_IDS": "/subscriptions/a/b,/subscriptions/a/c",
    "ALERT_EMAIL": "shop@contoso.com",
    "ALLOWED_RETURN_ORIGINS": "https://www.contoso.com",
    "ALTCHA_HMAC_KEY": "0123456789abcdef" * 2,
    "ALWAYS_READY_HTTP": "1",
    "CORS_ALLOWED_ORIGINS": "https://www.contoso.com, https://shop.contoso.com",
    "EXTRA_APP_SETTINGS": '{"LOCK_WAIT_SECONDS": "5", "quote": "it\'s $HOME"}',
    "FRAME_ANCESTORS": "https://www.contoso.com",
    "GRAPH_CLOUD": "usgov",
    "GRAPH_FEATURES": "cancel",
    "HUMAN_CHECK": "turnstile",
    "IGNORED_FORM_FIELDS": "crm_*, ref",
    "INSTANCE_MEMORY_MB": "512",
    "KEY_VAULT_ENABLED": "true",
    "LIMITS": '{"address": {"hour": 500}}',
    "MAXIMUM_INSTANCE_COUNT": "1000",
    "MICROSOFT_MANAGE_LINK": "service",
    "REQUIRE_CONSENT": "all",
    "PER_INSTANCE_CONCURRENCY": "1",
    "PUBLIC_BASE_URL": "https://book.contoso.com",
    "PYTHON_VERSION": "3.13",
    "TURNSTILE_SECRET": "secret",
    "TURNSTILE_SITE_KEY": "key",
    "VNET_ENABLED": "true",
}


def variables(text: str = GIVEN) -> set[str]:
    """The names that a parameters file reads from the environment."""
    return set(re.findall(r"readEnvironmentVariable\(\s*'(\w+)'", text))


def optional() -> set[str]:
    return variables() - GUARANTEED.keys()


ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "nothing but what must be there": GUARANTEED,
    "every optional variable empty": {**dict.fromkeys(variables(), ""), **GUARANTEED},
    "every optional variable set": {**OTHER, **GUARANTEED},
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_parameters_compile(environment: str) -> None:
    """Each parameter gets a value of its type and within its bounds; a pipeline may pass empty ones."""
    assert problems(read(TEMPLATE), read(GIVEN), ENVIRONMENTS[environment]) == []


def test_every_optional_variable_is_tried() -> None:
    """The environment with everything set has every variable that the file reads, and no other."""
    assert OTHER.keys() == optional()


@pytest.mark.parametrize("name", sorted(OTHER))
def test_an_empty_variable_is_a_missing_one(name: str) -> None:
    """A variable that is set but empty gives what the template itself would take without the file."""
    template, given = read(TEMPLATE), read(GIVEN)
    for environment in (GUARANTEED, {**GUARANTEED, name: ""}):
        compiler = Compiler(given, environment)
        for parameter in template.parameters.values():
            if parameter.default is not None:
                value = compiler.run(given.assignments[parameter.name]).value
                assert value == Compiler(Source(), {}).run(parameter.default).value, parameter.name


@pytest.mark.parametrize("name", sorted(GUARANTEED))
def test_what_must_be_there_has_no_default(name: str) -> None:
    """The compiler stops where it is missing, and names it."""
    environment = {key: value for key, value in GUARANTEED.items() if key != name}
    found = problems(read(TEMPLATE), read(GIVEN), environment)
    assert len(found) == 1
    assert f"{name} is not set" in found[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INSTANCE_MEMORY_MB", "1024"), ("INSTANCE_MEMORY_MB", "much"), ("MAXIMUM_INSTANCE_COUNT", "39"),
        ("PER_INSTANCE_CONCURRENCY", "0"), ("ALWAYS_READY_HTTP", "-1"), ("GRAPH_CLOUD", "china"),
        ("GRAPH_FEATURES", "everything"), ("HUMAN_CHECK", "captcha"), ("PYTHON_VERSION", "3.9"),
        ("MICROSOFT_MANAGE_LINK", "on"),
        ("REQUIRE_CONSENT", "none"),
        ("EXTRA_APP_SETTINGS", "[]"), ("EXTRA_APP_SETTINGS", "{"), ("VNET_ENABLED", "perhaps"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_found(name: str, value: str) -> None:
    """Every constraint of the template is looked at: a value beyond it does not pass here."""
    assert len(problems(read(TEMPLATE), read(GIVEN), {**GUARANTEED, name: value})) == 1


OLD_MEMORY = "int(readEnvironmentVariable('INSTANCE_MEMORY_MB', '2048'))"
NEW_MEMORY = "json(empty(instanceMemoryMBGiven) ? '2048' : instanceMemoryMBGiven)"
# What was changed in which file, and the parameter that has to be named.
FAULTS: Mapping[str, tuple[str, str, str]] = {
    "an int into a list of literals": (NEW_MEMORY, OLD_MEMORY, "instanceMemoryMB"),
    "a text into an int": (NEW_MEMORY, "instanceMemoryMBGiven", "instanceMemoryMB"),
    "a text into a bool": ("bool(empty(vnetEnabledGiven)", "any(empty(vnetEnabledGiven)", "vnetEnabled"),
    "a bool into a list of texts": (
        "any(empty(humanCheckGiven)",
        "bool(empty(humanCheckGiven)",
        "humanCheck",
    ),
    "a default that is not listed": ("? 'global'", "? 'china'", "graphCloud"),
    "a default below the least": ("? '40'", "? '39'", "maximumInstanceCount"),
    "a default above the most": ("? '32'", "? '1001'", "perInstanceConcurrency"),
    "a number that is none": ("? '0'", "? 'none'", "alwaysReadyHttp"),
    "an object that is none": ("? '{}'", "? '[]'", "extraAppSettings"),
    "a parameter that is not given": ("param alertEmail =", "var alertEmail =", "alertEmail"),
    "a parameter that is not there": ("param alertEmail =", "param alertMail =", "alertMail"),
    "a list with other values": (
        "@allowed(['altcha', 'turnstile', 'off'])",
        "@allowed(['off'])",
        "humanCheck",
    ),
    "a stricter least length": (
        "@description('E-mail address that",
        "@minLength(1)\n@description('E-mail address that",
        "alertEmail",
    ),
    "a stricter most length": ("@maxLength(32)", "@maxLength(3)", "environmentName"),
    "another type": (
        "param alwaysReadyHttp int = 0",
        "param alwaysReadyHttp bool = false",
        "alwaysReadyHttp",
    ),
    "a union type": (
        "param alertEmail string = ''",
        "param alertEmail 'a@b.c' | 'd@e.f' = 'a@b.c'",
        "alertEmail",
    ),
    "a default of the template itself": ("int = 40", "int = 39", "maximumInstanceCount"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_seeded_fault_is_named(fault: str) -> None:
    """The check is no formality: each of these stops with the parameter's name in some environment."""
    sound, faulty, name = FAULTS[fault]
    assert sound in TEMPLATE + GIVEN
    template, given = read(TEMPLATE.replace(sound, faulty)), read(GIVEN.replace(sound, faulty))
    found = [one for environment in ENVIRONMENTS.values() for one in problems(template, given, environment)]
    assert any(one.startswith(f"{name}: ") for one in found), found


def test_an_empty_value_without_its_default_is_named() -> None:
    """The second argument of readEnvironmentVariable does not stand in for an empty value."""
    template = read(
        "@allowed(['a', 'b'])\nparam letter string = 'a'\nparam number int = 1\nparam yes bool = true\n"
    )
    given = read(
        "using './main.bicep'\nparam letter = readEnvironmentVariable('LETTER', 'a')\n"
        "param number = int(readEnvironmentVariable('NUMBER', '1'))\n"
        "param yes = bool(readEnvironmentVariable('YES', 'true'))\n"
    )
    assert problems(template, given, {}) == []
    found = problems(template, given, {"LETTER": "", "NUMBER": "", "YES": ""})
    assert [one.split(":")[0] for one in found] == ["letter", "number", "yes"]


def test_a_type_counts_where_the_value_would_do() -> None:
    """The compiler looks at both branches of a condition, so a value that fits today is not enough."""
    template = read("@allowed(['a', 'b'])\nparam letter string\n")
    given = read("var x = readEnvironmentVariable('X', '')\nparam letter = empty(x) ? 'a' : x\n")
    wrong = judge(template.parameters["letter"], given.assignments["letter"], Compiler(given, {}))
    assert wrong is not None
    assert "BCP033" in wrong


# -- one set of variables, in all the places that name them --------------------------------------------------


def documented() -> set[str]:
    """The azd variables of the table in docs/deploy.md."""
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    table = text[text.index("| azd variable |") :].split("\n\n", 1)[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def workflow_environment(step: str | None) -> dict[str, str]:
    """The variables that a step of deploy.yml gets, or its job's where there is no step."""
    text = (ROOT / ".github" / "workflows" / "deploy.yml").read_text("utf-8")
    if step:
        block = text[text.index(f"- name: {step}\n") :].split("\n      - ", 1)[0]
        return dict(re.findall(r"^          ([A-Z]\w*): (.+)$", block, re.MULTILINE))
    return dict(
        re.findall(
            r"^      ([A-Z]\w*): (.+)$",
            text[: text.index("    steps:\n", text.index("  deploy:"))],
            re.MULTILINE,
        )
    )


def read_by_hooks() -> set[str]:
    """The variables that the scripts read and the template does not."""
    scripts = "".join(
        (INFRA / "scripts" / name).read_text("utf-8")
        for name in ("before-provision.sh", "grant-after-provision.sh")
    )
    return set(re.findall(r"\$\{([A-Z][A-Z_]+):-", scripts))


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    """docs/deploy.md has the variables of main.bicepparam, and those that only the hooks read."""
    assert documented() - variables() - read_by_hooks() == set(), "documented, and read by nobody"
    assert variables() - documented() - BY_AZD.keys() == set(), "read, and not documented"


def test_the_pipeline_passes_every_variable_and_no_other() -> None:
    """What somebody sets in GitHub arrives; what the workflow passes is read."""
    job, step = workflow_environment(None), workflow_environment("Provision")
    assert variables() - job.keys() - step.keys() == set(), "read, and not passed by deploy.yml"
    assert step.keys() - variables() - read_by_hooks() == set(), "passed by deploy.yml, and read by nobody"


def test_the_pipeline_passes_each_variable_under_its_own_name() -> None:
    """A secret comes from the secrets, the rest from the variables, and nothing is given a second default."""
    secret = {
        name for name in variables() if re.search("SECRET|_KEY$", name) and name != "TURNSTILE_SITE_KEY"
    }
    for name, value in workflow_environment("Provision").items():
        kind = "secrets" if name in secret else "vars"
        assert value == ("skip" if name == "GRAPH_GRANT" else f"${{{{ {kind}.{name} }}}}"), name


# -- what the hook guarantees --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(BY_HOOK))
@pytest.mark.parametrize("missing", [{}, {"set": ""}])
def test_the_hook_stops_where_a_guaranteed_variable_is_missing(
    desk: Desk, name: str, missing: Mapping[str, str]
) -> None:
    """In a pipeline nothing is provisioned without it, set but empty or not set, and its name is said."""
    given = {key: value for key, value in BY_HOOK.items() if key != name} | dict.fromkeys(
        [name] * len(missing), ""
    )
    answer = desk.run("before-provision.sh", CI="true", GRAPH_GRANT="skip", **given)
    assert (answer.returncode, desk.calls()) == (1, [])
    assert name in answer.stderr


def test_the_hook_lets_through_what_the_template_takes(desk: Desk) -> None:
    """Each value that a parameter's list names passes the hook, and one that it does not name stops there."""
    template, given = read(TEMPLATE), read(GIVEN)
    base = {**BY_HOOK, "ALTCHA_HMAC_KEY": "x" * 32, "TURNSTILE_SECRET": "x", "TURNSTILE_SITE_KEY": "x"}
    tried = 0
    for parameter in template.parameters.values():
        source = str(given.variables.get(f"{parameter.name}Given", ()))
        for value in parameter.allowed or ():
            (name,) = variables(GIVEN) & set(re.findall(r"'([A-Z_]+)'", source))
            settings = {**base, "GRAPH_GRANT": "skip", name: str(value)}
            assert desk.run("before-provision.sh", **settings).returncode == 0, (name, value)
            settings[name] = f"{value}x"
            refused = desk.run("before-provision.sh", **settings)
            assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
            assert name in refused.stderr
            tried += 1
    assert tried > 10
