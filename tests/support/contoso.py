"""The emulator's lunch delivery in the domain's own words, as far as bookings need it."""

from datetime import time, timedelta

from devtools.graph_emulator.default_seed import (
    AGE_QUESTION,
    ALLAN,
    CATERED_BENTO,
    CONTOSO,
    DANA,
    ISAIAH,
    JORDAN,
    MENU_TASTING,
)
from shared.domain.intervals import LocalSpan
from shared.domain.model import (
    AskedQuestion,
    Business,
    Catalogue,
    Customer,
    PolicySettings,
    Question,
    Service,
    StaffMember,
)

ZONE = "America/Chicago"
POLICY = PolicySettings(timedelta(minutes=15), timedelta(hours=1), timedelta(days=90), True)
HOURS = dict.fromkeys(range(5), (LocalSpan(time(8), time(17)),))

BENTO = Service(
    id=CATERED_BENTO,
    display_name="Catered bento",
    default_duration=timedelta(minutes=30),
    pre_buffer=timedelta(minutes=5),
    post_buffer=timedelta(minutes=10),
    maximum_attendees_count=5,
    staff_member_ids=(DANA, ISAIAH, ALLAN),
    questions=(AskedQuestion(Question(AGE_QUESTION, "What is your age"), is_required=True),),
)
TASTING = Service(
    id=MENU_TASTING,
    display_name="Menu tasting",
    default_duration=timedelta(hours=1),
    staff_member_ids=(DANA, ISAIAH),
)
CATALOGUE = Catalogue(
    Business(CONTOSO, "Contoso lunch delivery", ZONE, HOURS, POLICY),
    {one.id: one for one in (BENTO, TASTING)},
    {
        one: StaffMember(one, name, ZONE)
        for one, name in ((DANA, "Dana Swope"), (ISAIAH, "Isaiah Langer"), (ALLAN, "Allan Deyoung"))
    },
)
JORDAN_MILLER = Customer(JORDAN, "Jordan Miller", "jordanm@contoso.com")


def let_pass() -> None:
    """A check that stops nothing."""
