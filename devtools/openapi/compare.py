"""What a change of the API's description breaks for callers: pure, from two documents to sentences."""

from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Break = Iterator[str]

UPPER_BOUNDS = ("maxLength", "maxItems", "maximum")
LOWER_BOUNDS = ("minLength", "minItems", "minimum")
DEEPEST = 12
"""Schemas that refer to each other end the comparison here."""


class Comparison:
    """Two versions of the description, the older first."""

    def __init__(self, old: Json, new: Json) -> None:
        self._old = old
        self._new = new

    def breaks(self) -> list[str]:
        """Each thing that worked and may not work any more; empty if every caller can go on as before."""
        return list(dict.fromkeys([*self._operations(), *self._codes()]))

    def _codes(self) -> Break:
        for table, name in (("x-problems", "problem"), ("x-booking-rules", "rule")):
            gone = {one["code"] for one in self._old[table]} - {one["code"] for one in self._new[table]}
            yield from (f"the {name} {code} is gone" for code in sorted(gone))

    def _operations(self) -> Break:
        for path, methods in self._old["paths"].items():
            for method, old in methods.items():
                new = self._new["paths"].get(path, {}).get(method)
                where = f"{method.upper()} {path}"
                if new is None:
                    yield f"{where} is gone"
                else:
                    yield from self._parameters(where, old, new)
                    yield from self._body(where, old, new)
                    yield from self._answers(where, old, new)

    def _parameters(self, where: str, old: Json, new: Json) -> Break:
        before = {one["name"]: one for one in self._resolved(self._old, old.get("parameters", ()))}
        after = {one["name"]: one for one in self._resolved(self._new, new.get("parameters", ()))}
        for name in before.keys() - after.keys():
            yield f"{where} takes no {name} any more"
        for name, one in after.items():
            known = before.get(name)
            if one.get("required") and not (known or {}).get("required"):
                yield f"{where} asks for {name}"
            if known:
                yield from self._sent(f"{where}: {name}", known["schema"], one["schema"])

    def _body(self, where: str, old: Json, new: Json) -> Break:
        before, after = self._contents(self._old, old), self._contents(self._new, new)
        for media, content in before.items():
            if media not in after:
                yield f"{where} takes no {media} any more"
            else:
                yield from self._sent(f"{where}: body", content["schema"], after[media]["schema"])
        if after and not before:
            yield f"{where} asks for a body"

    def _contents(self, document: Json, operation: Json) -> Json:
        """What an operation takes, by media type."""
        body = next(self._resolved(document, [operation.get("requestBody", {})]))
        found: Json = body.get("content", {})
        return found

    def _answers(self, where: str, old: Json, new: Json) -> Break:
        for status, answer in old["responses"].items():
            now = new["responses"].get(status)
            if now is None:
                if status.startswith("2"):
                    yield f"{where} does not answer {status} any more"
                continue
            for media, content in answer.get("content", {}).items():
                if media not in now.get("content", {}):
                    yield f"{where} {status} has no {media} any more"
                else:
                    schema = now["content"][media]["schema"]
                    yield from self._got(f"{where} {status}", content["schema"], schema)

    def _sent(self, where: str, old: Json, new: Json, depth: int = 0) -> Break:
        """What callers send: nothing that was taken may be refused."""
        before, after = self._schema(self._old, old), self._schema(self._new, new)
        if missing := self._kinds(self._old, old) - self._kinds(self._new, new):
            yield f"{where} may not be {', '.join(sorted(missing))} any more"
        values: list[Any] = before.get("enum", [])
        if gone := set(values) - set(after.get("enum", values)):
            yield f"{where} may not be {', '.join(sorted(map(str, gone)))} any more"
        yield from _narrowed(where, before, after)
        for name in set(after.get("required", ())) - set(before.get("required", ())):
            yield f"{where} asks for {name}"
        yield from self._members(where, before, after, self._sent, depth)

    def _got(self, where: str, old: Json, new: Json, depth: int = 0) -> Break:
        """What callers get: everything that was there is there, and is what it was; more may come."""
        before, after = self._schema(self._old, old), self._schema(self._new, new)
        if more := self._kinds(self._new, new) - self._kinds(self._old, old):
            yield f"{where} may be {', '.join(sorted(more))} now"
        for name in set(before.get("required", ())) - set(after.get("required", ())):
            if name in after.get("properties", {}):
                yield f"{where} may come without {name}"
        yield from self._members(where, before, after, self._got, depth)

    def _members(
        self,
        where: str,
        before: Json,
        after: Json,
        compare: Callable[[str, Json, Json, int], Break],
        depth: int,
    ) -> Break:
        if depth > DEEPEST:
            return
        for name, member in before.get("properties", {}).items():
            now = after.get("properties", {}).get(name)
            if now is None:
                yield f"{where} has no {name} any more"
            else:
                yield from compare(f"{where}.{name}", member, now, depth + 1)
        if "items" in before and "items" in after:
            yield from compare(f"{where}[]", before["items"], after["items"], depth + 1)

    def _schema(self, document: Json, schema: Json) -> Json:
        """The schema itself: behind a reference, or the one choice beside null."""
        if "$ref" in schema:
            return self._schema(document, next(self._resolved(document, [schema])))
        choices = [one for one in _choices(schema) if one.get("type") != "null"]
        return self._schema(document, choices[0]) if len(choices) == 1 else schema

    def _kinds(self, document: Json, schema: Json) -> set[str]:
        """The types, or the names of the objects, that a value may have."""
        if "$ref" in schema:
            return self._kinds(document, next(self._resolved(document, [schema])))
        if choices := _choices(schema):
            return set().union(*(self._kinds(document, one) for one in choices))
        if "const" in schema:
            return {repr(schema["const"])}
        kinds = schema.get("type", "any")
        return {kinds} if isinstance(kinds, str) else set(kinds)

    @staticmethod
    def _resolved(document: Json, values: Any) -> Iterator[Json]:  # noqa: ANN401 (a JSON list)
        for value in values:
            found = value
            if "$ref" in value:
                kind, name = value["$ref"].split("/")[-2:]
                found = document["components"][kind][name]
            yield found


def _choices(schema: Json) -> list[Json]:
    return list(schema.get("anyOf") or schema.get("oneOf") or ())


def _narrowed(where: str, before: Json, after: Json) -> Break:
    for bound in UPPER_BOUNDS:
        if bound in after and after[bound] < before.get(bound, float("inf")):
            yield f"{where} has {bound} {after[bound]} now"
    for bound in LOWER_BOUNDS:
        if bound in after and after[bound] > before.get(bound, float("-inf")):
            yield f"{where} has {bound} {after[bound]} now"
    if "pattern" in after and after["pattern"] != before.get("pattern"):
        yield f"{where} has another pattern: {after['pattern']}"
