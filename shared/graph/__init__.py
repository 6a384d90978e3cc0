"""Microsoft Graph through the official SDK, which is loaded here without what the app never uses of it."""

from urllib.parse import urlsplit

from shared.platform.startup import standing_in_for

with standing_in_for("urllib3", "urllib3.util"):  # a second HTTP library, of which one function is used
    from msgraph_core.middleware import telemetry

telemetry.parse_url = urlsplit
