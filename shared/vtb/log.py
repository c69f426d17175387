"""Logs on standard error: one line per event, for people or for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time (UTC, ISO 8601), level, logger, message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        event = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """``12:00:01 warning message``; the level is left out where it is info, since nearly every line is."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of text (a traceback follows only where one was asked for)."""
        level = "" if record.levelno == logging.INFO else record.levelname.lower() + " "
        line = f"{datetime.fromtimestamp(record.created):%H:%M:%S} {level}{record.getMessage()}"
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def current_format() -> str:
    """The format that ``configure`` has set in this process."""
    handlers = logging.getLogger().handlers
    return "json" if any(isinstance(handler.formatter, JsonFormatter) for handler in handlers) else "text"


def configure(log_format: str = "text", level: str = "info") -> None:
    """Send every log line of the process to standard error in one format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("vtb").setLevel(level.upper())
