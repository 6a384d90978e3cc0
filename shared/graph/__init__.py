"""Microsoft Graph through the official SDK, which is loaded here without what the app never uses of it."""

from urllib.parse import urlsplit

from shared.platform.startup import as_if_not_installed, standing_in_for

with as_if_not_installed("h2"):  # of HTTP/2, which no transport of the app's speaks
    import httpcore  # noqa: F401 (httpx would load it with the first connection)

with standing_in_for("urllib3", "urllib3.util"):  # a second HTTP library, of which one function is used
    from msgraph_core.middleware import telemetry

telemetry.parse_url = urlsplit
