"""From a template to a page, with the headers that keep it safe.

Templates are precompiled into the package; where that was not done, as on a developer's machine, they
are compiled from their sources.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import azure.functions as func
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, ModuleLoader, StrictUndefined

from shared.pages.assets import address
from shared.pages.page_request import PageRequest
from shared.pages.policy import TURNSTILE, PagePolicy
from shared.pages.shop.about import Shop
from shared.pages.texts import names

SOURCES = Path(__file__).with_name("templates")
COMPILED = Path(__file__).with_name("compiled")


def environment(loader: BaseLoader) -> Environment:
    """Templates in which every value is escaped, and a name that nobody gave is an error."""
    made = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.update(address=address, languages=names(), turnstile=TURNSTILE)
    return made


@cache
def templates() -> Environment:
    """The templates of this worker."""
    return environment(ChoiceLoader([ModuleLoader(COMPILED), FileSystemLoader(SOURCES)]))


def compile_templates(target: Path) -> None:
    """Compile all templates to modules in this folder, which then lies beside this file as `compiled`."""
    environment(FileSystemLoader(SOURCES)).compile_templates(target, zip=None, ignore_errors=False)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Makes answers of templates, all under one policy."""

    policy: PagePolicy

    def __call__(
        self,
        template: str,
        page: PageRequest,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **view: object,
    ) -> func.HttpResponse:
        """The page for this request; `view` is what the template shows."""
        shop = Shop(page, self.policy.branding(page.alias))
        given = {"page": page, "t": page.t, "shop": shop, "human_check": self.policy.human_check, **view}
        return func.HttpResponse(
            templates().get_template(template).render(given),
            status_code=status,
            headers={**self.policy.headers(shop.branding), "Content-Language": page.t.tag, **(headers or {})},
            mimetype="text/html",
            charset="utf-8",
        )
