"""What a shop set for its booking page, read; the SDK carries no types, so this is part of the typed wall."""

from msgraph_beta.generated.models.booking_page_settings import BookingPageSettings

from shared.domain.shop.page_settings import PageSettings


def read_page_settings(value: BookingPageSettings | None) -> PageSettings:
    """How the shop's pages look and what they ask for; what is not set is documented as false."""
    if value is None:
        return PageSettings()
    return PageSettings(
        color_code=value.booking_page_color_code or None,
        asks_consent=bool(value.is_customer_consent_enabled),
        consent_message=value.customer_consent_message or None,
        privacy_policy_url=value.privacy_policy_web_url or None,
        terms_url=value.terms_and_conditions_web_url or None,
        is_kept_from_search=bool(value.is_search_engine_indexability_disabled),
    )
