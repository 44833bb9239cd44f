"""What the log looks like: text for people or JSON for machines, on stderr; libraries' lines like our own."""

import logging
import sys

import structlog

LIBRARY_LINE = "%(levelname)s %(name)s %(message)s"  # of a log in text


def configure_logging(log_format: str) -> None:
    """Structured logs on stderr: text for people or JSON. Libraries' own words only from warnings on."""
    chain: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    is_json = log_format == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_make_json_formatter(chain) if is_json else logging.Formatter(LIBRARY_LINE))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.captureWarnings(is_json)
    render = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*chain, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _make_json_formatter(chain: list[structlog.types.Processor]) -> logging.Formatter:
    """What libraries say, in the form of our own lines."""
    keep_to_ours = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *chain],
        processors=[keep_to_ours, structlog.processors.JSONRenderer()],
    )
