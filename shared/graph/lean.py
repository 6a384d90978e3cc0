"""Keeps the SDK's start short: `Entity` need not load the models of all of Microsoft Graph.

As generated, `Entity.get_field_deserializers` imports every subclass of entity, about 2,450 modules
and 1.5 to 1.9 seconds at the first booking of a worker, only to return the two members that entity
itself has. Here that method is replaced, in this process, by one that returns the same two members
without the imports. `Entity.create_from_discriminator_value` names the same subclasses; nothing that
the facade reads is a plain entity, so it is replaced by one that creates just that. With both, the
deployment package holds a few hundred of the SDK's 28,954 files: what is replaced here is not packed.
Nothing of the installed SDK is changed. `tests/contract/test_lean.py` compares both with the SDK at
hand and fails when a new version of it gives `Entity` another shape.
"""

from collections.abc import Callable

from kiota_abstractions.serialization import ParseNode
from msgraph_beta.generated.models.entity import Entity

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
