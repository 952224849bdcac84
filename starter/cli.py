"""The `postroad` command: every verb, loaded only when it is used."""

import os
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from postroad.settings import Options, with_options
from starter.verbs import VERBS

TRACEBACK_VARIABLE = "POSTROAD_TRACEBACK"


class LazyGroup(TyperGroup):
    """Loads a verb's module when the verb is called, and gives it the options on settings."""

    def resolve_command(
        self,
        ctx: Any,  # noqa: ANN401 - Typer keeps the types it has from Click to itself
        args: list[str],
    ) -> tuple[str | None, Any, list[str]]:
        """Find the verb that was called."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            command = load(name)
            _add_options(command, [param for param in self.params if param.name in _ON_EVERY_VERB])
        return name, command, rest


def load(name: str) -> Any:  # noqa: ANN401
    """Import a verb and return it as a command."""
    module, _, attribute = VERBS[name].place.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return get_command(found)
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return get_command(alone)


def _add_options(command: Any, options: list[Any]) -> None:  # noqa: ANN401
    command.params.extend(options)
    for below in getattr(command, "commands", {}).values():
        _add_options(below, options)


def _choose_config(context: typer.Context, path: Path | None) -> Path | None:
    context.with_resource(with_options(Options(config=path)))
    return path


def _choose_data_dir(context: typer.Context, path: Path | None) -> Path | None:
    context.with_resource(with_options(Options(data_dir=path)))
    return path


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it
    if wanted:
        typer.echo(f"postroad {version('postroad')}")
        raise typer.Exit


_ON_EVERY_VERB = ("config", "data_dir")

app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def postroad(
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            help="Settings file instead of postroad.toml.",
            callback=_choose_config,
            expose_value=False,
            show_default=False,
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help="Where data is kept, instead of .postroad.",
            callback=_choose_data_dir,
            expose_value=False,
            show_default=False,
        ),
    ] = None,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Send campaigns through the sales team's own mailboxes: durably, and each mail once."""


def _loaded_when_called() -> None:
    """Stand for a verb in the list of verbs."""


for _name, _verb in VERBS.items():
    app.command(_name, help=_verb.words, rich_help_panel=_verb.panel)(_loaded_when_called)


def main() -> None:
    """Run the command; an error is one sentence on stderr and exit status 1."""
    try:
        app()
    except Exception as error:
        if TRACEBACK_VARIABLE in os.environ:
            raise
        import_module("starter.failures").tell(error)
        sys.exit(1)
