"""--config and --data, which stand before a command, may stand after it as well; what is said last counts."""

from dataclasses import replace
from pathlib import Path

import click

from server.commands import Setting


def share_options(group: click.Group) -> None:
    """Give both options to all commands of a group, and to those of its groups."""
    for command in group.commands.values():
        command.params += [
            click.Option(
                ["--config", "config_path"],
                type=click.Path(path_type=Path),
                expose_value=False,
                callback=_set_config,
                help="The configuration file; else KARVAN_CONFIG, else config.toml.",
            ),
            click.Option(
                ["--data"],
                type=click.Path(file_okay=False, path_type=Path),
                expose_value=False,
                callback=_set_data,
                help="The folder of everything that is kept; else KARVAN_DATA, else data.",
            ),
        ]
        if isinstance(command, click.Group):
            share_options(command)


def _set_config(context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    setting = context.find_object(Setting)
    if path is not None and setting is not None:
        context.obj = replace(setting, config_path=path)


def _set_data(context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    setting = context.find_object(Setting)
    if path is not None and setting is not None:
        context.obj = replace(setting, data=path)
