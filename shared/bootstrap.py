"""The composition root: the only file that knows every concrete class."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from shared.api.admission.altcha_check import AltchaCheck
from shared.api.admission.permission import Permissions
from shared.api.admission.rate_limits import Demand, RateLimits, quotas
from shared.api.admission.turnstile_check import TurnstileCheck
from shared.api.admission.visitors import Admission, HumanCheck, NoCheck
from shared.api.erasing import Erasing
from shared.api.handlers import Handlers
from shared.api.managing import Managing
from shared.api.partner_shop import PartnerShop
from shared.api.requests.ignored_fields import IgnoredFields
from shared.api.requests.own_key import own_keys
from shared.api.responses.booking import rendering
from shared.api.responses.managed import changed
from shared.booking.create.booking import ManageLink
from shared.booking.limits import Limits, WorkerCounters
from shared.booking.ports import Clock, Graph, NewId, Stores
from shared.booking.use_cases import UseCases
from shared.domain.addresses import manage_address, own_root
from shared.graph.calls import Calls
from shared.graph.client import Connection, cloud
from shared.graph.credentials import credential, is_at_hand
from shared.graph.gateway import GraphGateway
from shared.graph.places import Mailboxes
from shared.graph.sharing import Sharing
from shared.pages.languages import LANGUAGES
from shared.pages.policy import PagePolicy
from shared.pages.routes import Pages
from shared.platform import logs
from shared.settings import Settings, SettingsError
from shared.tables.memory import memory_stores
from shared.tables.stores import TableStores, open_table_stores

Closers = tuple[Callable[[], Awaitable[None]], ...]


utc_now: Clock = partial(datetime.now, UTC)
"""Gives the instant now."""

new_id: NewId = partial(secrets.token_hex, 16)
"""Gives a fresh random identifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that the route table calls; `timer` settles and tidies up."""

    handlers: Handlers
    managing: Managing
    erasing: Erasing
    shop: PartnerShop
    pages: Pages
    timer: Callable[[], Awaitable[None]]
    closers: Closers = ()

    async def aclose(self) -> None:
        """Close every connection; the next call opens what it needs anew."""
        for close in self.closers:
            await close()


def build(environ: Mapping[str, str]) -> App:
    """Everything that a worker needs, without a call to anybody; raises SettingsError."""
    settings = Settings.from_environ(environ)
    if not is_at_hand(settings.graph_credential):
        raise SettingsError(("GRAPH_CREDENTIAL: expected managed_identity; nothing else is deployed",))
    logs.install(logs.correlation_id.get)
    held, closers = stores(settings)
    graph = gateway(settings, mailboxes(settings, held))
    return assemble(settings, graph, held, utc_now, (graph.aclose, *closers))


def mailboxes(settings: Settings, held: Stores) -> Mailboxes:
    """The places of mailboxes at Graph, shared with all workers whose stores are the same."""
    if not isinstance(held, TableStores):
        return Mailboxes(settings.timings.graph_call)
    share = partial(Sharing, held.boards, secrets.token_hex(4), utc_now)
    return Mailboxes(settings.timings.graph_call, share=share)


def gateway(settings: Settings, places: Mailboxes | None = None) -> GraphGateway:
    """The gateway to Graph; nothing is opened before the first call."""
    where = cloud(settings.graph_root, settings.graph_base_url)
    connection = Connection(
        lambda: credential(settings.graph_credential, settings.client_id), where, settings.graph_features
    )
    return GraphGateway(connection, Calls(settings.timings.graph_call, places))


def stores(settings: Settings) -> tuple[Stores, Closers]:
    """The stores that the settings ask for, and what closes them."""
    if settings.store == "tables":
        identity = credential(settings.graph_credential, settings.client_id)
        tables = open_table_stores(settings.tables_endpoint or "", identity)
        return tables, (tables.aclose, identity.close)
    return memory_stores(), ()


def assemble(settings: Settings, graph: Graph, held: Stores, clock: Clock, closers: Closers = ()) -> App:
    """The app over these ports."""
    cases = use_cases(settings, graph, held, clock)
    own, all_workers = (Limits(one, cases.hasher, clock) for one in (WorkerCounters(), held.counters))
    limits = RateLimits(own, all_workers, settings.trusted_proxies, settings.limits)
    demand = Demand(all_workers, quotas("business", settings.limits["business"]), clock)
    human = human_check(settings, held, clock, demand)
    permitted = permissions(settings, held, cases)
    admission = Admission(
        limits,
        human,
        held.idempotency,
        demand=demand,
        clock=clock,
        permissions=permitted,
        count_open=cases.manage.parts.rows.count_open,
    )
    handlers = handlers_over(cases, admission, settings)
    return App(
        handlers=handlers,
        managing=managing_over(cases, limits),
        erasing=Erasing(mailboxes=cases.mailboxes, erase_customer=cases.erase_customer, limits=limits),
        shop=shop_over(cases, limits),
        pages=pages_over(cases, settings, handlers, permitted),
        timer=cases.upkeep,
        closers=closers,
    )


def use_cases(settings: Settings, graph: Graph, held: Stores, clock: Clock) -> UseCases:
    """The use cases over these ports; without a secret of the deployment's, with one of this process."""
    businesses = settings.businesses
    return UseCases(
        graph,
        held,
        clock,
        new_id=new_id,
        timings=settings.timings,
        secret=(settings.booking_secret or secrets.token_hex(32)).encode(),
        render=rendering(clock, changed),
        mailboxes={alias: one.address for alias, one in businesses.items()},
        zones={one.address: one.time_zone for one in businesses.values() if one.time_zone},
        public={one.address for one in businesses.values() if one.is_public},
        catalogue_kept=settings.catalogue_kept,
        bookings_kept=settings.bookings_kept,
        sends_reason=settings.graph_features == "cancel",
        manage_link=manage_link(settings),
    )


def manage_link(settings: Settings) -> ManageLink | None:
    """What makes the links in mails; none where nobody says where the deployment is reached."""
    root = own_root(settings.public_base_url, settings.website_hostname)
    if root is None:
        return None
    aliases = {one.address: alias for alias, one in settings.businesses.items()}
    return ManageLink(
        lambda mailbox, reference, token: manage_address(root, aliases[mailbox], reference, token),
        is_only_way=settings.microsoft_manage_link == "off",
    )


def handlers_over(cases: UseCases, admission: Admission, settings: Settings) -> Handlers:
    """What the routes of the API call."""
    return Handlers(
        mailboxes=cases.mailboxes,
        languages=LANGUAGES,
        catalogues=cases.catalogues,
        availability=cases.availability,
        health=cases.health,
        create_booking=cases.create_booking,
        create_customer=cases.create_customer,
        hasher=cases.hasher,
        admission=admission,
        ignored_fields=IgnoredFields(settings.ignored_form_fields),
        demands_consent=settings.require_consent == "all",
    )


def shop_over(cases: UseCases, limits: RateLimits) -> PartnerShop:
    """What the routes call on which partners look around."""
    return PartnerShop(
        mailboxes=cases.mailboxes,
        catalogues=cases.catalogues,
        availability=cases.availability,
        limits=limits,
    )


def managing_over(cases: UseCases, limits: RateLimits) -> Managing:
    """What the routes of bookings that stand call."""
    return Managing(
        mailboxes=cases.mailboxes, manage=cases.manage, find_booking=cases.find_booking, limits=limits
    )


def pages_over(
    cases: UseCases, settings: Settings, handlers: Handlers, permitted: Permissions | None
) -> Pages:
    """What the routes of the pages call."""
    return Pages(
        mailboxes=cases.mailboxes,
        catalogues=cases.catalogues,
        availability=cases.availability,
        manage=cases.manage,
        find_booking=cases.find_booking,
        visit=handlers.admission.limits.visit,
        book_for_visitor=handlers.book,
        policy=page_policy(settings),
        clock=cases.clock,
        ignored_fields=IgnoredFields(settings.ignored_form_fields),
        permissions=permitted,
        new_key=own_keys(cases.hasher, new_id),
        count_change=handlers.admission.limits.booking,
        sealer=cases.sealer,
        own_root=own_root(settings.public_base_url, settings.website_hostname),
        trusts_host=settings.store == "memory",
    )


def permissions(settings: Settings, held: Stores, cases: UseCases) -> Permissions | None:
    """What buttons stand for; whoever chose Turnstile wants Cloudflare's verdict on everybody."""
    if settings.human_check != "altcha":
        return None
    return Permissions(cases.hasher, held.once, cases.clock, new_id)


def page_policy(settings: Settings) -> PagePolicy:
    """What the settings let pages do, and others do with them."""
    return PagePolicy(
        settings.frame_ancestors,
        settings.allowed_return_origins,
        settings.human_check,
        settings.allowed_form_origins,
        {alias: one.branding for alias, one in settings.businesses.items()},
    )


def human_check(settings: Settings, held: Stores, clock: Clock, demand: Demand) -> HumanCheck:
    """The check for humans that the settings ask for."""
    if settings.human_check == "altcha":
        return AltchaCheck(settings.altcha_hmac_key or "", held.once, clock, demand.factor)
    if settings.human_check == "turnstile":
        return TurnstileCheck(settings.turnstile_secret or "", settings.turnstile_site_key or "")
    return NoCheck()
