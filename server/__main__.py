"""The `karvan` command line. Exit status: 0 done, 1 refused or failed (one line on stderr), 2 wrong use."""

from importlib.metadata import version as get_version
from pathlib import Path

import click

from server.commands import Setting, print_json
from server.commands.backup import backup
from server.commands.check_config import check_config
from server.commands.explain import explain
from server.commands.glossary import glossary
from server.commands.invitations import invitations, invite, withdraw
from server.commands.keys import keys
from server.commands.languages import languages
from server.commands.memory import memory
from server.commands.push import push
from server.commands.restore import restore
from server.commands.serve import serve, worker
from server.commands.shared import share_options


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    envvar="KARVAN_CONFIG",
    show_envvar=True,
    default=Path("config.toml"),
    show_default=True,
    help="The configuration file.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="KARVAN_DATA",
    show_envvar=True,
    default=Path("data"),
    show_default=True,
    help="The folder of everything that is kept.",
)
@click.pass_context
def main(context: click.Context, config_path: Path, data: Path) -> None:
    """Karvan: a multilingual content-exchange syndication server for news.

    Example: karvan --config config.toml --data data serve
    """
    context.obj = Setting(config_path, data)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print {version}.")
def version(as_json: bool) -> None:
    """Print the version.

    Example: karvan version
    """
    if as_json:
        print_json({"version": get_version("karvan")})
    else:
        click.echo(f"karvan {get_version('karvan')}")


for command in (serve, worker, check_config, languages, keys, push, memory, glossary, explain, backup, restore):
    main.add_command(command)
for command in (invite, invitations, withdraw):
    keys.add_command(command)
share_options(main)

if __name__ == "__main__":
    main()
