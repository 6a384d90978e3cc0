"""Write `docs/openapi.json` anew: `python -m devtools.openapi`."""

from pathlib import Path

from shared.api.openapi import openapi_json

TARGET = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def main() -> None:
    """Write the document where it is kept."""
    TARGET.write_text(openapi_json(), encoding="utf-8")
    print(f"{TARGET} has {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
