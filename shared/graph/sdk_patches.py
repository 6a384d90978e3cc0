"""What the SDK reads out of JSON, exactly: what cannot be read is never the same as what is not there.

As generated, the SDK gives None for a negative duration (Graph writes reminders as `-PT15M`), for an enum
member that it does not know and for a number where true or false should stand; and one element of a list
that it cannot read (`24:00:00` as an hour) takes the whole list with it. None looks like "not set", and the
defaults that stand for that are then decisions nobody took. So here

- negative durations are read, and `24:00:00` is the midnight that ends a day;
- an unknown enum member keeps its name;
- any other value that is not of its type makes its object unreadable, and of a list that one element
  alone: `Unread` stands in its place, which no reader takes for anything else.

The parse node of the SDK's JSON library is replaced in this process; nothing installed is changed.
"""

from collections.abc import Callable
from datetime import date, time, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from kiota_abstractions.api_error import APIError
from kiota_abstractions.date_utils import parse_timedelta_string
from kiota_abstractions.serialization import ParseNode
from kiota_abstractions.store import BackingStore, in_memory_backing_store_factory
from kiota_serialization_json import json_parse_node_factory
from kiota_serialization_json.json_parse_node import JsonParseNode
from msgraph_beta.generated.models.booking_customer_information import BookingCustomerInformation
from msgraph_beta.generated.models.booking_customer_information_base import BookingCustomerInformationBase
from msgraph_beta.generated.models.entity import Entity

T = TypeVar("T")

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError)
"""What is raised where a value is not what it should be."""

END_OF_DAY = time(fold=1)
"""The midnight that ends a day; equal to the one that begins it, and told from it by its fold."""

NAMED = {BookingCustomerInformationBase: BookingCustomerInformation}
"""Abstract types with the one that their elements have, also where an element does not say so."""


class Unread:
    """Stands where an element of a list could not be read; `id` is the element's own, where it has one."""

    __slots__ = ("id",)

    def __init__(self, element: object) -> None:
        found = element.get("id") if isinstance(element, dict) else None
        self.id = found if isinstance(found, str) else None


class ExactNode(JsonParseNode):  # type: ignore[misc] # the SDK is untyped
    """One value of a JSON document; its methods raise one of UNREADABLE for a value of another type."""

    def get_bool_value(self) -> bool | None:
        """True, false or nothing."""
        return self._only(bool)

    def get_str_value(self) -> str | None:
        """A text or nothing."""
        return self._only(str)

    def get_int_value(self) -> int | None:
        """A whole number or nothing."""
        return self._only(int)

    def get_float_value(self) -> float | None:
        """A number or nothing."""
        value = self._only(float, int)
        return None if value is None else float(value)

    def _only(self, *kinds: type[T]) -> T | None:
        value = self._json_node
        if value is None or (isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))):
            return value
        raise ValueError("a value is not of its type")

    def get_timedelta_value(self) -> timedelta | None:
        """A duration, also a negative one."""
        text = self._json_node
        if text is None:
            return None
        if not isinstance(text, str) or not any(map(str.isdigit, text)):
            raise ValueError("a duration cannot be read")
        length: timedelta = parse_timedelta_string(text.removeprefix("-"))
        return -length if text.startswith("-") else length

    def get_time_value(self) -> time | None:
        """A time of day; 24:00 is END_OF_DAY."""
        text = self._json_node
        if isinstance(text, str) and text.startswith("24:00") and not text[5:].strip(":.0"):
            return END_OF_DAY
        value: time | None = super().get_time_value()
        return value

    def get_date_value(self) -> date | None:
        """A date or nothing."""
        text = self._only(str)
        return None if text is None else date.fromisoformat(text)

    def get_enum_value(self, enum_class: Any) -> Enum | None:  # noqa: ANN401 (any enum of the SDK)
        """The member, or one that the SDK does not know, with its name on the wire as value."""
        known: Enum | None = super().get_enum_value(enum_class)
        return known if known is not None or not self._json_node else unknown_member(str(self._json_node))

    def get_collection_of_object_values(self, factory: Any) -> list[Any]:  # noqa: ANN401 (any model)
        """The elements, with `Unread` for each that cannot be read: whoever reads the list decides."""
        named = NAMED.get(factory, factory)
        return [self._element(one, named) for one in self._only(list) or ()]

    def get_collection_of_primitive_values(self, primitive_type: type[T]) -> list[T] | None:
        """The elements; one of another type makes the whole list unreadable."""
        values = self._only(list)
        if values is not None and not all(isinstance(one, primitive_type) for one in values):
            raise ValueError("an element of a list is not of its type")
        return values

    def _element(self, element: object, factory: Any) -> Any:  # noqa: ANN401 (any model)
        try:
            return self._create_new_node(element).get_object_value(factory)
        except UNREADABLE:
            return Unread(element)

    def _create_new_node(self, node: object) -> "ExactNode":
        child = ExactNode.__new__(ExactNode)  # its constructor would set the same three attributes twice
        child._json_node = node  # noqa: SLF001 (its own kind)
        child._on_before_assign_field_values = self._on_before_assign_field_values  # noqa: SLF001
        child._on_after_assign_field_values = self._on_after_assign_field_values  # noqa: SLF001
        return child

    def get_object_value(self, factory: Any) -> Any:  # noqa: ANN401 (any model)
        """The model of this object."""
        if isinstance(factory, type) and issubclass(factory, APIError):
            # Of an error the status counts, whatever its text: the SDK's own node takes what it can.
            return JsonParseNode(self._json_node).get_object_value(factory)
        if not isinstance(self._json_node, dict):
            raise TypeError("an object was expected")
        return super().get_object_value(factory)


@lru_cache(maxsize=64)
def unknown_member(name: str) -> Enum:
    """A member of an enum that the SDK does not know; it is written back as it was read."""
    make: Any = Enum  # its functional form, which type checkers take for the look-up of a member
    member: Enum = make("UnknownMember", {"UNKNOWN": name})["UNKNOWN"]
    return member


def read_exactly() -> None:
    """Let the SDK read every answer of this process so; doing it twice changes nothing more."""
    json_parse_node_factory.JsonParseNode = ExactNode


Deserializers = dict[str, Callable[[ParseNode], None]]


def entity_fields(entity: Entity) -> Deserializers:
    """The members of entity itself, by their names on the wire."""

    def read_id(node: ParseNode) -> None:
        entity.id = node.get_str_value()

    def read_type(node: ParseNode) -> None:
        entity.odata_type = node.get_str_value()

    return {"id": read_id, "@odata.type": read_type}


def plain_entity(parse_node: ParseNode) -> Entity:
    """An entity of which nothing more is known; every model that is read has a factory of its own."""
    if parse_node is None:
        raise TypeError("parse_node cannot be null.")
    return Entity()


def make_entity_lean() -> None:
    """Replace the methods for this process; doing it twice changes nothing more."""
    Entity.get_field_deserializers = entity_fields
    Entity.create_from_discriminator_value = staticmethod(plain_entity)


class PlainStore(BackingStore):  # type: ignore[misc] # the SDK is untyped
    """The values of one model; there are no changes, only values."""

    __slots__ = ("_values", "is_initialization_completed", "return_only_changed_values")

    is_initialization_completed: bool
    return_only_changed_values: bool

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self.is_initialization_completed = False
        self.return_only_changed_values = False

    def get(self, key: str) -> Any:  # noqa: ANN401 (a member of any type)
        """The value; None where there is none."""
        return self._values.get(key)

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401 (as above)
        """Keep a value."""
        self._values[key] = value

    def enumerate_(self) -> list[tuple[str, Any]]:
        """All values."""
        return list(self._values.items())

    def enumerate_keys_for_values_changed_to_null(self) -> list[str]:
        """None: a member without a value is not sent."""
        return []

    def subscribe(self, callback: Callable[[str, Any, Any], None], subscription_id: str | None = None) -> str:  # noqa: ARG002 (nothing changes, so nobody is called)
        """Nothing to hear of."""
        return subscription_id or ""

    def unsubscribe(self, subscription_id: str) -> None:
        """Nobody listens."""

    def clear(self) -> None:
        """Forget all values."""
        self._values.clear()


def keep_values_plainly() -> None:
    """Let every model that is made from now on, in this process, keep its values in a PlainStore."""
    in_memory_backing_store_factory.InMemoryBackingStore = PlainStore
