"""The answer about a customer, with Microsoft Graph's names."""

from shared.api.responses.model import ResponseModel
from shared.domain.model import Address, Customer


class AddressOut(ResponseModel):
    """An address; members that are not known are left out."""

    type: str = ""
    post_office_box: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    country_or_region: str = ""
    postal_code: str = ""


class PhoneOut(ResponseModel):
    """A telephone number as it was given."""

    number: str
    type: str | None


class CustomerOut(ResponseModel):
    """Microsoft Graph's bookingCustomer."""

    id: str
    display_name: str
    email_address: str
    addresses: tuple[AddressOut, ...]
    phones: tuple[PhoneOut, ...]


def address(value: Address) -> AddressOut:
    """A physicalAddress with Graph's names."""
    members = {name: getattr(value, name) for name in AddressOut.model_fields}
    return AddressOut(**{name: text for name, text in members.items() if text is not None})


def customer(value: Customer) -> CustomerOut:
    """A bookingCustomer with Graph's names."""
    return CustomerOut(
        id=value.id or "",
        display_name=value.display_name,
        email_address=value.email,
        addresses=tuple(address(one) for one in value.addresses),
        phones=tuple(PhoneOut(number=one.number, type=one.type) for one in value.phones),
    )
