"""A month as a table whose free days are buttons."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from shared.api.pages_markup import Html, h
from shared.api.pages_visit import Visit
from shared.api.texts import Texts

WEEK = 7


def first_of_next(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def last_of(month: date) -> date:
    """The last day of the month."""
    return first_of_next(month) - timedelta(days=1)


def month_table(
    visit: Visit, month: date, free: Mapping[date, int], chosen: date | None, bounds: tuple[date, date]
) -> Html:
    """The month with the number of free times by day; `bounds` are the first and last bookable day."""
    t = visit.t
    names = _turned(t.language.weekdays, t.language.first_weekday)
    short = _turned(t.language.short_weekdays, t.language.first_weekday)
    head = [h("th", h("abbr", s, title=full), scope="col") for s, full in zip(short, names, strict=True)]
    rows = [h("tr", [h("td", _cell(t, day, free, chosen)) for day in week]) for week in _weeks(t, month)]
    table = h("table", h("caption", t.month(month)), h("thead", h("tr", head)), h("tbody", rows))
    fits = any(month <= day <= last_of(month) for day in free)
    return visit.form(
        "days",
        _paging(visit, month, bounds),
        table,
        None if fits else h("p", t("day.none"), class_="note"),
        month=f"{month:%Y-%m}",
    )


def _paging(visit: Visit, month: date, bounds: tuple[date, date]) -> Html:
    t = visit.t
    before, after = (month - timedelta(days=1)).replace(day=1), first_of_next(month)
    links = (
        ("page.previous", before) if last_of(before) >= bounds[0] else None,
        ("page.next", after) if after <= bounds[1] else None,
    )
    return h(
        "p",
        [
            h("a", t(key), " ", t.month(to), data_swap=True,
              href=visit.link(step="days", month=f"{to:%Y-%m}"))
            for key, to in filter(None, links)
        ],
        class_="paging",
    )  # fmt: skip


def _cell(t: Texts, day: date | None, free: Mapping[date, int], chosen: date | None) -> object:
    if day is None:
        return None
    if not free.get(day):
        return h("span", day.day, aria_current="date" if day == chosen else None)
    count = t("day.free.one") if free[day] == 1 else t("day.free", n=free[day])
    return h(
        "button", day.day, name="day", value=day.isoformat(), aria_label=f"{t.long_date(day)}: {count}",
        aria_current="date" if day == chosen else None,
    )  # fmt: skip


def _weeks(t: Texts, month: date) -> Iterator[list[date | None]]:
    day = month - timedelta(days=(month.weekday() - t.language.first_weekday) % WEEK)
    while day <= last_of(month):
        week = [day + timedelta(days=n) for n in range(WEEK)]
        yield [one if one.month == month.month else None for one in week]
        day += timedelta(days=WEEK)


def _turned(names: tuple[str, ...], first: int) -> tuple[str, ...]:
    return names[first:] + names[:first]
