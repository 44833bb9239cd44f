"""The engines that the configuration names, each for the directions that are its own."""

from pathlib import Path

import structlog

from server.config import Config
from translators import Direction, Translator
from translators.engines import Assignment, make_translator
from translators.libretranslate import Call, LibreTranslator, Server

log = structlog.get_logger()


def make_engine(config: Config, data: Path, call: Call) -> Translator:
    """The translator of all directions. `call`: the way out for engines behind HTTP."""
    default = _make_one(config.translation.engine, config, data, call)
    made: dict[str, Translator] = {config.translation.engine: default}
    assigned: dict[Direction, Translator] = {}
    for way, name in config.translation.engine_of.items():
        if name not in made:
            made[name] = _make_one(name, config, data, call)
        assigned[Direction(*way.split("-", 1))] = made[name]
    return Assignment(default, assigned) if assigned else default


def _make_one(name: str, config: Config, data: Path, call: Call) -> Translator:
    settings, languages = config.translation, config.languages.configured
    if name == "off":
        return make_translator("pseudo", data, languages=())
    if name not in config.engines:
        return make_translator(
            name,
            data / "packages",
            languages=languages,
            threads=settings.threads,
            batch_tokens=settings.batch_tokens,
            idle_seconds=settings.idle_seconds,
        )
    engine = config.engines[name]
    server = Server(
        name=name,
        url=engine.url,
        key=engine.key,
        seconds=engine.timeout_seconds,
        batch=engine.batch,
        release=engine.release,
    )
    return LibreTranslator(server, languages, call, report=_report)


def _report(name: str, trouble: str) -> None:
    if trouble:
        log.warning("engine cannot be used", engine=name, reason=trouble)
    else:
        log.info("engine can be used again", engine=name)
