"""karvan check-config."""

import click

from server.commands import Setting, pass_setting, print_json
from server.configfile import ConfigError


@click.command("check-config")
@click.option("--json", "as_json", is_flag=True, help="Print {valid, faults, places}.")
@pass_setting
def check_config(setting: Setting, as_json: bool) -> None:
    """Say whether the configuration is valid, and if not: where and why.

    Example: karvan --config config.toml check-config
    """
    try:
        config = setting.load()
    except ConfigError as error:
        if as_json:
            places = [{"line": one.line, "column": one.column, "reason": one.reason} for one in error.faults]
            print_json({"valid": False, "faults": str(error).splitlines(), "places": places})
            raise SystemExit(1) from error
        for line in str(error).splitlines():
            click.echo(f"karvan: {line}", err=True)
        raise SystemExit(1) from error
    if as_json:
        print_json({"valid": True, "faults": [], "places": []})
        return
    click.echo(
        f"{setting.config_path} is valid: {len(config.outlets)} outlets, {len(config.exchanges)} exchanges, "
        f"{len(config.channels)} channels, {len(config.routes)} routes, {len(config.languages.configured)} languages"
    )
