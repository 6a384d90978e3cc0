"""What the Bicep compiler would say of a parameters file in a given environment.

It speaks as the compiler does where the compiler is known to refuse: the numbers of its diagnostics stand
beside the rules. It is stricter in one place: a value is held against the template's list and bounds even
where the compiler has lost its type and leaves that to the deployment.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.infra.bicep import Expression, Parameter, Source

ANY: Final = "any"
_DEFAULTS_OF_KIND: Final = {"string": str, "int": int, "bool": bool, "object": dict, "array": list}


class Refused(Exception):
    """The compiler would stop here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The value of an expression, and what the compiler knows of its type.

    `types` is ANY, the name of a kind, or the texts and numbers that it can be, as far as the compiler knows.
    """

    value: Any
    types: "str | tuple[Any, ...]"


@dataclass(frozen=True, slots=True)
class Compiler:
    """Evaluates the expressions of one parameters file in one environment."""

    source: Source
    environment: Mapping[str, str]

    def run(self, expression: Expression) -> Outcome:
        """Evaluate an expression. Raises Refused where the compiler would."""
        handler = getattr(self, f"_run_{expression[0]}")
        outcome: Outcome = handler(*expression[1:])
        return outcome

    def _run_literal(self, value: Any) -> Outcome:  # noqa: ANN401 - whatever a literal holds
        return Outcome(value, ANY if value is None else (value,))

    def _run_array(self, *items: Expression) -> Outcome:
        return Outcome([self.run(item).value for item in items], "array")

    def _run_object(self, members: Mapping[str, Expression]) -> Outcome:
        return Outcome({name: self.run(item).value for name, item in members.items()}, "object")

    def _run_not(self, inner: Expression) -> Outcome:
        return Outcome(not self.run(inner).value, "bool")

    def _run_operator(self, mark: str, left: Expression, right: Expression) -> Outcome:
        one, other = self.run(left).value, self.run(right).value
        values = {"==": one == other, "!=": one != other, "&&": one and other, "||": one or other}
        if mark in {"&&", "||"} and not (isinstance(one, bool) and isinstance(other, bool)):
            raise Refused(f"{mark} takes bool alone (BCP045)")
        return Outcome(bool(values[mark]), "bool")

    def _run_name(self, name: str) -> Outcome:
        if name in self.source.variables:
            return self.run(self.source.variables[name])
        raise Refused(f"{name} does not exist (BCP057)")

    def _run_if(self, condition: Expression, first: Expression, second: Expression) -> Outcome:
        chosen = self.run(condition).value
        if not isinstance(chosen, bool):
            raise Refused("a condition is no bool (BCP046)")
        # The type is that of both branches, whichever is taken; only the one that is taken has a value.
        taken, other = (first, second) if chosen else (second, first)
        outcome, unused = self.run(taken), self._types_of(other)
        return Outcome(outcome.value, _union(outcome.types, unused))

    def _types_of(self, expression: Expression) -> "str | tuple[Any, ...]":
        try:
            return self.run(expression).types
        except Refused as refused:
            if "BCP338" in str(refused):
                return ANY
            raise

    def _run_call(self, name: str, *arguments: Expression) -> Outcome:
        handler = getattr(self, f"_call_{name}", None)
        if handler is None:
            raise Refused(f"the function {name} is not known here")
        outcome: Outcome = handler(*[self.run(argument) for argument in arguments])
        return outcome

    def _call_readEnvironmentVariable(self, name: Outcome, default: Outcome | None = None) -> Outcome:  # noqa: N802
        if name.value in self.environment:
            value = self.environment[name.value]
        elif default is None:
            raise Refused(f"{name.value} is not set and has no default (BCP427)")
        else:
            value = default.value
        if not isinstance(value, str):
            raise Refused(f"the default of {name.value} is no string (BCP070)")
        return Outcome(value, (value,))

    def _call_any(self, inner: Outcome) -> Outcome:
        return Outcome(inner.value, ANY)

    def _call_empty(self, inner: Outcome) -> Outcome:
        return Outcome(not inner.value, "bool")

    def _call_trim(self, inner: Outcome) -> Outcome:
        return _text(inner, inner.value.strip())

    def _call_toLower(self, inner: Outcome) -> Outcome:  # noqa: N802 - the language's own name
        return _text(inner, inner.value.lower())

    def _call_int(self, inner: Outcome) -> Outcome:
        try:
            return Outcome(int(inner.value), "int")
        except ValueError:
            raise Refused(f"int cannot read {inner.value!r} (BCP338)") from None

    def _call_bool(self, inner: Outcome) -> Outcome:
        words = {"true": True, "1": True, "false": False, "0": False}
        if str(inner.value).lower() not in words:
            raise Refused(f"bool cannot read {inner.value!r} (BCP338)")
        return Outcome(words[str(inner.value).lower()], "bool")

    def _call_json(self, inner: Outcome) -> Outcome:
        known = isinstance(inner.types, tuple) and len(inner.types) == 1
        try:
            value = json.loads(inner.value)
        except ValueError:
            raise Refused(f"json cannot read {inner.value!r} ({'BCP186' if known else 'BCP338'})") from None
        return (
            self._run_literal(value) if known and not isinstance(value, dict | list) else Outcome(value, ANY)
        )


def _text(inner: Outcome, value: str) -> Outcome:
    known = isinstance(inner.types, tuple) and len(inner.types) == 1
    return Outcome(value, (value,) if known else "string")


def _union(one: "str | tuple[Any, ...]", other: "str | tuple[Any, ...]") -> "str | tuple[Any, ...]":
    if isinstance(one, tuple) and isinstance(other, tuple):
        return tuple(dict.fromkeys([*one, *other]))
    return one if one == other else ANY


def _misfit(parameter: Parameter, value: Any) -> str | None:  # noqa: ANN401 - whatever an expression gives
    """Say why a value does not fit a parameter, or None."""
    asked = parameter.decorators
    kind = parameter.kind.rstrip("?")
    wanted = list if kind.endswith("[]") else _DEFAULTS_OF_KIND.get(kind)
    if value is None:
        return None if parameter.kind.endswith("?") else "null is no value (BCP033)"
    if wanted is not None and (not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))):
        return f"{value!r} is no {kind} (BCP033)"
    if parameter.allowed is not None and not any(_same(value, one) for one in parameter.allowed):
        return f"{value!r} is none of {list(parameter.allowed)} (BCP033)"
    return _out_of_bounds(asked, value)


def _out_of_bounds(asked: Mapping[str, Any], value: Any) -> str | None:  # noqa: ANN401 - as above
    if isinstance(value, str | list) and len(value) < asked.get("minLength", 0):
        return f"{value!r} is shorter than {asked['minLength']} (BCP333)"
    if isinstance(value, str | list) and len(value) > asked.get("maxLength", len(value)):
        return f"{value!r} is longer than {asked['maxLength']} (BCP332)"
    if isinstance(value, int) and not asked.get("minValue", value) <= value <= asked.get("maxValue", value):
        return f"{value} is not within its bounds (BCP327, BCP328)"
    return None


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - as above
    return type(one) is type(other) and bool(one == other)


def _refuse_types(parameter: Parameter, types: "str | tuple[Any, ...]") -> str | None:
    """Say why the compiler would refuse a type, whatever the value, or None."""
    if types == ANY:
        return None
    if isinstance(types, tuple):
        return next((problem for one in types if (problem := _misfit(parameter, one))), None)
    if parameter.allowed is not None:
        return f"a value of type {types} is none of {list(parameter.allowed)} (BCP033)"
    kind = parameter.kind.rstrip("?")
    fits = types == kind or (types == "array" and kind.endswith("[]"))
    return None if fits else f"a value of type {types} is no {kind} (BCP033)"


def judge(parameter: Parameter, expression: Expression, compiler: Compiler) -> str | None:
    """Say what is wrong with the value that a parameter gets, or None."""
    try:
        outcome = compiler.run(expression)
    except Refused as refused:
        return str(refused)
    return _refuse_types(parameter, outcome.types) or _misfit(parameter, outcome.value)


def problems(template: Source, given: Source, environment: Mapping[str, str]) -> list[str]:
    """Name every parameter that does not compile in this environment, and say why."""
    compiler = Compiler(given, environment)
    found = []
    for name, parameter in template.parameters.items():
        if parameter.default is not None and (
            wrong := judge(parameter, parameter.default, Compiler(Source(), {}))
        ):
            found.append(f"{name}: its own default: {wrong}")
        if name not in given.assignments:
            found.append(f"{name}: the parameters file does not give it")
        elif wrong := judge(parameter, given.assignments[name], compiler):
            found.append(f"{name}: {wrong}")
    unknown = given.assignments.keys() - template.parameters.keys()
    return [*found, *(f"{name}: the template has no such parameter (BCP259)" for name in sorted(unknown))]
