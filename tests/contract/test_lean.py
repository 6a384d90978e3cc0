"""What the facade replaces in the SDK, compared with the SDK's own: the same for everything that it uses.

The SDK's own versions run in a process of their own: there they load thousands of modules, and here
they may have been replaced already.
"""

import ast
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from kiota_abstractions.store import BackingStore
from kiota_serialization_json.json_parse_node import JsonParseNode
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph_beta.generated.models import entity as entity_module
from msgraph_beta.generated.models.booking_appointment import BookingAppointment
from msgraph_beta.generated.models.booking_customer import BookingCustomer
from msgraph_beta.generated.models.booking_service import BookingService
from msgraph_beta.generated.models.booking_staff_member import BookingStaffMember
from msgraph_beta.generated.models.entity import Entity

from shared.graph.lean import entity_fields, make_entity_lean, plain_entity
from shared.graph.plain_store import PlainStore, keep_values_plainly
from tests.support.servers import ROOT

MODELS = ("BookingAppointment", "BookingCustomer", "BookingService", "BookingStaffMember")
DOCUMENT: dict[str, Any] = {
    "@odata.type": "#microsoft.graph.bookingAppointment",
    "id": "AAMk-1",
    "displayName": "Ann",
    "serviceId": "s-1",
    "staffMemberIds": ["a", "b"],
    "start": {"dateTime": "2026-12-01T16:00:00.0000000Z", "timeZone": "UTC"},
    "customers": [
        {
            "@odata.type": "#microsoft.graph.bookingCustomerInformation",
            "name": "Ann",
            "location": {"address": {"city": "Chicago"}},
            "customQuestionAnswers": [{"questionId": "q", "answer": "a"}],
        }
    ],
}  # fmt: skip

SHOW = """
import json, sys
from kiota_serialization_json.json_parse_node import JsonParseNode
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
if sys.argv[1] == "replaced":
    from shared.graph.lean import make_entity_lean
    from shared.graph.plain_store import keep_values_plainly
    make_entity_lean()
    keep_values_plainly()
import msgraph_beta.generated.models.booking_appointment as a
import msgraph_beta.generated.models.booking_customer as c
import msgraph_beta.generated.models.booking_service as s
import msgraph_beta.generated.models.booking_staff_member as m
shown = {}
for kind in (a.BookingAppointment, c.BookingCustomer, s.BookingService, m.BookingStaffMember):
    value = JsonParseNode(json.loads(sys.argv[2])).get_object_value(kind)
    writer = JsonSerializationWriter()
    writer.write_object_value(None, value)
    shown[kind.__name__] = {
        "fields": sorted(value.get_field_deserializers()),
        "written": json.loads(writer.get_serialized_content()),
        "id": value.id,
        "type": value.odata_type,
    }
print(json.dumps({"shown": shown, "modules": sum(name.startswith("msgraph_beta") for name in sys.modules)}))
"""


def shown(which: str) -> dict[str, Any]:
    """What the booking models read and write in a new process."""
    ended = subprocess.run(
        [sys.executable, "-c", SHOW, which, json.dumps(DOCUMENT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def test_models_read_and_write_as_with_the_sdks_own() -> None:
    """With the replacements each model reads the same members and writes the same JSON."""
    own, replaced = shown("own"), shown("replaced")
    assert replaced["shown"] == own["shown"]
    assert set(own["shown"]) == set(MODELS)
    assert own["shown"]["BookingAppointment"]["id"] == "AAMk-1"
    assert replaced["modules"] < 150
    assert own["modules"] > 2000


def body(method: Callable[..., object]) -> ast.FunctionDef:
    """A method's syntax tree."""
    tree = ast.parse(inspect.getsource(entity_module))
    owner = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Entity")
    name = method.__name__
    return next(node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == name)


def named(name: str) -> ast.FunctionDef:
    """The SDK's own method of Entity, from its source: it may be replaced in this process."""

    def method() -> None: ...

    method.__name__ = name
    return body(method)


def test_entity_still_has_two_members() -> None:
    """The SDK's own method returns the members `id` and `@odata.type` and does nothing but import besides."""
    method = named("get_field_deserializers")
    keys = [node.keys for node in ast.walk(method) if isinstance(node, ast.Dict)]
    assert [[ast.literal_eval(key) for key in each if key] for each in keys] == [["id", "@odata.type"]]
    kinds = {type(node) for node in method.body}
    assert kinds == {ast.Expr, ast.ImportFrom, ast.AnnAssign, ast.Return}


def test_entity_still_creates_by_type() -> None:
    """The SDK's own factory only picks a subclass by `@odata.type`, and else makes a plain entity."""
    method = named("create_from_discriminator_value")
    assert {type(node) for node in method.body} == {ast.Expr, ast.If, ast.Try, ast.Return}
    last = method.body[-1]
    assert isinstance(last, ast.Return)
    assert last.value is not None
    assert ast.unparse(last.value) == "Entity()"


@pytest.mark.parametrize("kind", [BookingAppointment, BookingCustomer, BookingService, BookingStaffMember])
def test_no_booking_model_is_created_by_entitys_factory(kind: type[Entity]) -> None:
    """Every model that is read has a factory of its own, so that the replaced one is never asked."""
    make_entity_lean()
    assert kind.create_from_discriminator_value is not Entity.create_from_discriminator_value
    assert type(kind.create_from_discriminator_value(JsonParseNode({}))) is kind


def test_replacing_twice_changes_nothing_more() -> None:
    """Both replacements are in place after the first call, and after the second."""
    for _ in range(2):
        make_entity_lean()
        keep_values_plainly()
    assert Entity.get_field_deserializers is entity_fields
    assert Entity.create_from_discriminator_value is plain_entity
    assert isinstance(Entity().backing_store, PlainStore)
    with pytest.raises(TypeError):
        plain_entity(None)


def test_plain_store_is_a_whole_store() -> None:
    """PlainStore has everything that the SDK asks of a store; what a new version adds is missing here."""
    asked = {name for name in vars(BackingStore) if not name.startswith("_")}
    assert asked - {"enumerate_"} <= {*dir(PlainStore)}
    store = PlainStore()
    store.set("a", [1])
    assert (store.get("a"), store.get("b"), store.enumerate_()) == ([1], None, [("a", [1])])
    assert store.enumerate_keys_for_values_changed_to_null() == []
    store.unsubscribe(store.subscribe(lambda *_: None, "id"))
    store.clear()
    assert store.enumerate_() == []


def test_written_model_holds_all_that_was_set() -> None:
    """A model made anew is written with every member that was given, nested ones too."""
    keep_values_plainly()
    make_entity_lean()
    appointment = JsonParseNode(DOCUMENT).get_object_value(BookingAppointment)
    writer = JsonSerializationWriter()
    writer.write_object_value(None, appointment)
    written = json.loads(writer.get_serialized_content())
    assert {name: written[name] for name in DOCUMENT if name != "displayName"} == {
        name: value for name, value in DOCUMENT.items() if name != "displayName"
    }
