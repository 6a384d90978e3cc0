"""The emulator's clock: real, moved by an offset, or standing still."""

from datetime import UTC, datetime, timedelta
from typing import Any


class Clock:
    """Gives the emulator's time in UTC; visibility delays and latency use real time whatever this says."""

    def __init__(self) -> None:
        self._fixed: datetime | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return self._fixed if self._fixed is not None else datetime.now(UTC) + self._offset

    def set(self, setting: dict[str, Any]) -> None:
        """Take `{"mode": "real"}`, `{"mode": "fixed", "now": ISO}` or `{"mode": "offset", "seconds": n}`."""
        mode = setting.get(
            "mode", "fixed" if "now" in setting else "offset" if "seconds" in setting else "real"
        )
        if mode not in {"real", "fixed", "offset"}:
            raise ValueError(f"unknown clock mode {mode!r}: real, fixed or offset")
        self._fixed = self._read(setting["now"]) if mode == "fixed" else None
        self._offset = timedelta(seconds=float(setting["seconds"])) if mode == "offset" else timedelta()

    def describe(self) -> dict[str, Any]:
        """The present setting, readable by `set`, with the time that it gives."""
        mode = "fixed" if self._fixed is not None else "offset" if self._offset else "real"
        return {"mode": mode, "now": self.now().isoformat(), "seconds": self._offset.total_seconds()}

    @staticmethod
    def _read(text: str) -> datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("a fixed time needs its offset, for example 2026-12-01T09:00:00Z")
        return moment.astimezone(UTC)
