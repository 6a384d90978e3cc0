"""The members that each type takes in a request body: strict OData refuses every other name with a 400.

One line per type; a member's kind follows its colon: a scalar, the name of another type or enumeration, or
either in brackets for a list. `?` marks what may be null.
"""

import re
from typing import Any

from devtools.graph_emulator.errors import GraphError, bad_request
from devtools.graph_emulator.exchange import Json

_DURATION = re.compile(r"-?P(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,12})?$")
_DATE = re.compile(r"\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")

_TYPES = {
    "bookingAppointment": (
        "id:s additionalInformation:s? anonymousJoinWebUrl:s? appointmentLabel:s? createdDateTime:s? "
        "customerEmailAddress:s? customerId:s? customerLocation:location? customerName:s? customerNotes:s? "
        "customerPhone:s? customers:[bookingCustomerInformation] customerTimeZone:s? duration:duration "
        "end:dateTimeTimeZone filledAttendeesCount:int invoiceAmount:number invoiceDate:dateTimeTimeZone? "
        "invoiceId:s? invoiceStatus:bookingInvoiceStatus invoiceUrl:s? "
        "isCustomerAllowedToManageBooking:bool? isLocationOnline:bool joinWebUrl:s? lastUpdatedDateTime:s? "
        "maximumAttendeesCount:int onlineMeetingUrl:s? optOutOfCustomerEmail:bool postBuffer:duration "
        "preBuffer:duration price:number priceType:bookingPriceType reminders:[bookingReminder] "
        "selfServiceAppointmentId:s? serviceId:s? serviceLocation:location? serviceName:s serviceNotes:s? "
        "smsNotificationsEnabled:bool staffMemberIds:[s] start:dateTimeTimeZone"
    ),
    "bookingCustomerInformation": (
        "customerId:s? customQuestionAnswers:[bookingQuestionAnswer] emailAddress:s? location:location? "
        "name:s? notes:s? phone:s? smsNotificationsEnabled:bool timeZone:s?"
    ),
    "bookingQuestionAnswer": (
        "answer:s? answerInputType:answerInputType? answerOptions:[s] isRequired:bool? question:s? "
        "questionId:s? selectedOptions:[s]"
    ),
    "bookingBusiness": (
        "id:s displayName:s address:physicalAddress? bookingPageSettings:bookingPageSettings? "
        "businessHours:[bookingWorkHours] businessType:s? createdDateTime:s? defaultCurrencyIso:s? email:s? "
        "isPublished:bool? languageTag:s? lastUpdatedDateTime:s? phone:s? publicUrl:s? "
        "schedulingPolicy:bookingSchedulingPolicy? webSiteUrl:s?"
    ),
    "bookingPageSettings": (
        "accessControl:bookingPageAccessControl bookingPageColorCode:s businessTimeZone:s "
        "customerConsentMessage:s enforceOneTimePassword:bool isBusinessLogoDisplayEnabled:bool "
        "isCustomerConsentEnabled:bool isSearchEngineIndexabilityDisabled:bool "
        "isTimeSlotTimeZoneSetToBusinessTimeZone:bool privacyPolicyWebUrl:s termsAndConditionsWebUrl:s"
    ),
    "bookingSchedulingPolicy": (
        "allowStaffSelection:bool customAvailabilities:[bookingsAvailabilityWindow] "
        "generalAvailability:bookingsAvailability? isMeetingInviteToCustomersEnabled:bool? "
        "maximumAdvance:duration minimumLeadTime:duration sendConfirmationsToOwner:bool "
        "timeSlotInterval:duration"
    ),
    "bookingsAvailability": "availabilityType:availabilityType businessHours:[bookingWorkHours]",
    "bookingsAvailabilityWindow": (
        "availabilityType:availabilityType businessHours:[bookingWorkHours] endDate:date? startDate:date?"
    ),
    "bookingWorkHours": "day:dayOfWeek timeSlots:[bookingWorkTimeSlot]",
    "bookingWorkTimeSlot": "start:time end:time",
    "bookingService": (
        "id:s displayName:s additionalInformation:s? createdDateTime:s? "
        "customQuestions:[bookingQuestionAssignment] defaultDuration:duration defaultLocation:location? "
        "defaultPrice:number defaultPriceType:bookingPriceType defaultReminders:[bookingReminder] "
        "description:s? isAnonymousJoinEnabled:bool isCustomerAllowedToManageBooking:bool? "
        "isHiddenFromCustomers:bool isLocationOnline:bool languageTag:s lastUpdatedDateTime:s? "
        "maximumAttendeesCount:int notes:s? postBuffer:duration preBuffer:duration "
        "schedulingPolicy:bookingSchedulingPolicy? smsNotificationsEnabled:bool? staffMemberIds:[s] webUrl:s?"
    ),
    "bookingQuestionAssignment": "isRequired:bool questionId:s",
    "bookingReminder": "message:s offset:duration recipients:bookingReminderRecipients",
    "bookingStaffMember": (
        "id:s displayName:s emailAddress:s? availabilityIsAffectedByPersonalCalendar:bool colorIndex:int? "
        "createdDateTime:s? isEmailNotificationEnabled:bool lastUpdatedDateTime:s? "
        "membershipStatus:membershipStatus role:bookingStaffRole timeZone:s? useBusinessHours:bool "
        "workingHours:[bookingWorkHours]"
    ),
    "bookingCustomer": (
        "id:s displayName:s emailAddress:s? addresses:[physicalAddress] createdDateTime:s? "
        "lastUpdatedDateTime:s? phones:[phone]"
    ),
    "bookingCustomQuestion": (
        "id:s answerInputType:answerInputType? answerOptions:[s] createdDateTime:s? displayName:s "
        "lastUpdatedDateTime:s?"
    ),
    "dateTimeTimeZone": "dateTime:s timeZone:s?",
    "location": (
        "address:physicalAddress? coordinates:outlookGeoCoordinates? displayName:s? locationEmailAddress:s? "
        "locationType:locationType? locationUri:s? uniqueId:s? uniqueIdType:locationUniqueIdType?"
    ),
    "outlookGeoCoordinates": (
        "accuracy:number? altitude:number? altitudeAccuracy:number? latitude:number? longitude:number?"
    ),
    "physicalAddress": (
        "city:s? countryOrRegion:s? postalCode:s? postOfficeBox:s? state:s? street:s? "
        "type:physicalAddressType?"
    ),
    "phone": "number:s? type:phoneType?",
    "staffAvailabilityRequest": "staffIds:[s] startDateTime:dateTimeTimeZone endDateTime:dateTimeTimeZone",
    "cancelRequest": "cancellationMessage:s?",
}
_ENUMS = {
    "bookingInvoiceStatus": "draft reviewing open canceled paid corrective",
    "bookingPriceType": "undefined fixedPrice startingAt hourly free priceVaries callUs notSet",
    "bookingReminderRecipients": "allAttendees staff customer",
    "answerInputType": "text radioButton unknownFutureValue",
    "bookingPageAccessControl": "unrestricted restrictedToOrganization unknownFutureValue",
    "availabilityType": "bookWhenStaffAreFree notBookable customWeeklyHours unknownFutureValue",
    "dayOfWeek": "sunday monday tuesday wednesday thursday friday saturday",
    "bookingStaffRole": (
        "guest administrator viewer externalGuest unknownFutureValue scheduler teamMember member"
    ),
    "membershipStatus": "active pendingAcceptance rejectedByStaff unknownFutureValue",
    "physicalAddressType": "unknown home business other",
    "phoneType": "home business mobile other assistant homeFax businessFax otherFax pager radio",
    "locationType": (
        "default conferenceRoom homeAddress businessAddress geoCoordinates streetAddress hotel restaurant "
        "localBusiness postalAddress"
    ),
    "locationUniqueIdType": "unknown locationStore directory private bing",
}
_CHOICES = {name: frozenset(words.split()) for name, words in _ENUMS.items()}
MEMBERS: dict[str, dict[str, str]] = {
    name: dict(pair.split(":") for pair in line.split()) for name, line in _TYPES.items()
}


def plain(value: object) -> Any:  # noqa: ANN401 (any JSON value)
    """The value without annotations such as `@odata.type`, which Graph does not keep."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if "@odata." not in name}
    return [plain(each) for each in value] if isinstance(value, list) else value


def check(type_name: str, body: object) -> Json:
    """The body, when it is an object of that type; GraphError 400 otherwise. Members may be missing."""
    if not isinstance(body, dict):
        raise bad_request(f"An object of type 'microsoft.graph.{type_name}' was expected.")
    members = MEMBERS[type_name]
    for name, value in body.items():
        if "@odata." in name:
            continue
        kind = members.get(name)
        if kind is None:
            raise bad_request(f"The property '{name}' does not exist on type 'microsoft.graph.{type_name}'.")
        _check_value(name, kind, value)
    return body


def _check_value(name: str, kind: str, value: object) -> None:
    if value is None:
        if not kind.endswith("?"):
            raise _unreadable(name)
        return
    kind = kind.removesuffix("?")
    if kind.startswith("["):
        if not isinstance(value, list):
            raise _unreadable(name)
        for each in value:
            _check_value(name, kind[1:-1], each)
    elif kind in MEMBERS:
        check(kind, value)
    elif not _fits(kind, value):
        raise _unreadable(name)


def _fits(kind: str, value: object) -> bool:
    if kind in _CHOICES:
        return isinstance(value, str) and value in _CHOICES[kind]
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    pattern = {"duration": _DURATION, "time": _TIME, "date": _DATE}.get(kind)
    return isinstance(value, str) and (pattern is None or pattern.match(value) is not None)


def _unreadable(name: str) -> GraphError:
    return bad_request(f"Cannot convert the value of the property '{name}' to its expected type.")
