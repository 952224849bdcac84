"""Structured logs on stderr: readable on a terminal, JSON lines elsewhere; nothing personal."""

import logging
import sys

import structlog

from postroad.setting_tables import LogFormat


def configure_logs(form: LogFormat = "auto", level: int = logging.INFO) -> None:
    """Configure structlog, and send the libraries' warnings the same way.

    Args:
        form: JSON lines, lines for people, or what fits where stderr leads to.
        level: what is less than it is left out.
    """
    for_people = sys.stderr.isatty() if form == "auto" else form == "console"
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
