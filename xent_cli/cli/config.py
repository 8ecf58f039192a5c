"""Defaults of flags from a file or the environment: found, checked, and handed to click as its `default_map`.

The nearest `xent.toml`, or `[tool.xent]` in a `pyproject.toml`, from the working directory upward; `XENT_MAX_LOSS` and
the like before it. Keys are named like the flags. What is not known is an error: a threshold with a slip in its name
must not be ignored.
"""

from __future__ import annotations

import os
import stat
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xent_cli.columns.selectors import join_names
from xent_cli.contract.errors import Location, Problem, UsageError
from xent_cli.contract.frozen import struct
from xent_cli.contract.settings import SettingRow, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT = "default"
PREFIX = "XENT_"
OWN, PROJECT = "xent.toml", "pyproject.toml"
NOT_CONFIGURED = {"help", "version", "no-config"}
PATHS = {"FILE", "FILE.json", "PATH"}
UNREAD = "--no-config leaves it unread"
LISTED = "xent config --all lists what can be set"


@struct
class Setting:
    """A value as click takes it, and where it came from: a variable, or a file with the name of the table."""

    value: Any
    origin: str


@struct
class Configuration:
    """What is configured, by flag: for all commands, and for single ones."""

    file: str | None = None
    shared: Mapping[str, Setting] = field(default_factory=dict)
    single: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    environment: Mapping[str, Setting] = field(default_factory=dict)

    def of(self, command: str) -> dict[str, Setting]:
        """The settings of a command: a variable goes before the file, the command's own table before the common one."""
        return {**self.shared, **self.single.get(command, {}), **self.environment}


def apply(ctx: click.Context) -> None:
    """Make what is configured the defaults of a command."""
    root = ctx.find_root().command
    assert isinstance(root, click.Group)
    settings = load(root, here(), os.environ).of(ctx.command.name or "")
    options = options_of(ctx.command)
    for name, setting in settings.items():
        if name in options:
            _check_here(options[name], name, setting, ctx.command.name or "")
    ctx.default_map = {options[name].name or "": each.value for name, each in settings.items() if name in options}


def here() -> Path:
    """The working directory; the root, which is above all, where that was removed meanwhile."""
    try:
        return Path.cwd()
    except OSError:
        return Path(os.sep)


def load(root: click.Group, start: Path, environment: Mapping[str, str]) -> Configuration:
    """Everything that is configured, checked."""
    known = known_options(root)
    table, path, title = find(start)
    shared: dict[str, Setting] = {}
    single: dict[str, dict[str, Setting]] = {}
    for key, value in table.items():
        if isinstance(value, dict) and key in _commands(root):
            own = {name: [option] for name, option in options_of(root.commands[key]).items()}
            single[key] = dict(_of_table(value, own, path, f"{title}.{key}" if title else key))
        else:
            shared.update(_of_table({key: value}, known, path, title))
    return Configuration(
        file=None if path is None else _shown(path),
        shared=shared,
        single=single,
        environment=dict(_of_environment(environment, known)),
    )


def options_of(command: click.Command) -> dict[str, click.Option]:
    """The options of a command that can be configured, by the name of their flag."""
    options = ((flag_of(option), option) for option in command.params if isinstance(option, click.Option))
    return {name: option for name, option in options if name not in NOT_CONFIGURED}


def known_options(root: click.Group) -> dict[str, list[click.Option]]:
    """Every option that can be configured, with its forms in the several commands."""
    known: dict[str, list[click.Option]] = {}
    for command in _commands(root).values():
        for name, option in options_of(command).items():
            known.setdefault(name, []).append(option)
    return known


def flag_of(option: click.Option) -> str:
    """The name of a flag, without the dashes."""
    return max(option.opts, key=len).lstrip("-")


def variable_of(flag: str) -> str:
    """The variable of a flag: XENT_MAX_LOSS of max-loss."""
    return PREFIX + flag.upper().replace("-", "_")


def find(start: Path) -> tuple[Mapping[str, Any], Path | None, str]:
    """The nearest table of settings, its file, and its title in it."""
    for folder in (start, *start.parents):
        own, project = folder / OWN, folder / PROJECT
        if _is_there(own):
            return _parsed(own), own, ""
        if _is_there(project) and "xent" in _text(project):
            table = _parsed(project).get("tool", {}).get("xent")
            if table is not None:
                if not isinstance(table, dict):
                    raise _refusal("tool.xent is not a table", project, UNREAD)
                return table, project, "tool.xent"
    return {}, None, ""


def _is_there(path: Path) -> bool:
    """Whether there is such a file; an unreadable folder is an error, as a gate in it would be lost silently."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError) as error:
        if path.is_symlink():
            raise _refusal(f"this link points to nothing: {error.strerror}", path, UNREAD) from None
        return False
    except OSError as error:
        raise _refusal(f"the file cannot be read: {error.strerror}", path, UNREAD) from None


def _commands(root: click.Group) -> dict[str, click.Command]:
    """The commands whose flags can be configured."""
    return {
        name: command
        for name, command in root.commands.items()
        if any(isinstance(option, click.Option) and option.name == "no_config" for option in command.params)
    }


def _text(path: Path) -> str:
    """The content of a file."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise _refusal(f"the file cannot be read: {reason}", path, UNREAD) from None


def _parsed(path: Path) -> Mapping[str, Any]:
    """The content of a TOML file."""
    import tomllib

    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise _refusal(f"this is not valid TOML: {error}", path, UNREAD) from None


def _of_table(
    table: Mapping[str, Any], known: Mapping[str, list[click.Option]], path: Path | None, title: str
) -> Iterator[tuple[str, Setting]]:
    """The settings of a table."""
    assert path is not None
    origin = f"{_shown(path)} [{title}]" if title else _shown(path)
    for key, raw in table.items():
        if key not in known:
            raise _refusal(f"unknown key {key!r}" + (f" in [{title}]" if title else ""), path, _close(key, list(known)))
        yield key, Setting(_anchored(known[key][0], _of_toml(known[key], key, raw, path), path.parent), origin)


def _of_environment(
    environment: Mapping[str, str], known: Mapping[str, list[click.Option]]
) -> Iterator[tuple[str, Setting]]:
    """The settings of the variables; an empty one says nothing."""
    flags = {variable_of(flag): flag for flag in known}
    for variable in sorted(name for name in environment if name.startswith(PREFIX)):
        text = environment[variable]
        if variable not in flags:
            raise UsageError(
                Problem("config", f"the variable {variable} names no flag", help=_close(variable, list(flags), PREFIX))
            )
        if text:
            options = known[flags[variable]]
            value: Any = text.split() if options[0].multiple else text
            yield flags[variable], Setting(_converted(options, value, f"{variable}={text}"), variable)


def _of_toml(options: list[click.Option], key: str, raw: Any, path: Path) -> Any:
    """A value of a file, of the type that its flag takes."""
    option = options[0]
    fits, wanted = _type_of(option)
    if (isinstance(raw, bool) and bool not in fits) or not isinstance(raw, fits):
        raise _refusal(f"{key} = {_as_toml(raw)} is not {wanted}", path, LISTED)
    if isinstance(raw, list):
        if not all(isinstance(entry, str) for entry in raw):
            raise _refusal(f"{key} = {_as_toml(raw)} is not {wanted}", path, LISTED)
        value: Any = raw if option.multiple else join_names(raw)
    elif option.multiple:
        value = [raw]
    else:
        value = raw if isinstance(raw, bool) or not isinstance(option.type, click.types.StringParamType) else str(raw)
    return _converted(options, value, f"{key} = {_as_toml(raw)}", path)


def _type_of(option: click.Option) -> tuple[tuple[type, ...], str]:
    """The types that a value in a file may have, and the words for them."""
    if option.is_flag:
        return (bool,), "true or false"
    if option.multiple:
        return (str, list), "a text or a list of texts"
    if isinstance(option.type, click.types.FloatParamType):
        return (int, float), "a number"
    if option.count or isinstance(option.type, click.types.IntParamType):
        return (int,), "a whole number"
    if isinstance(option.type, click.Choice):
        return (str,), f"one of {', '.join(map(str, option.type.choices))}"
    listed = "," in (option.metavar or "") or option.metavar == "COLS"
    return ((str, int, float, list), "a text or a list of texts") if listed else ((str, int, float), "a text")


def _converted(options: list[click.Option], value: Any, said: str, path: Path | None = None) -> Any:
    """The value as click takes it from one of the commands; if all refuse it, that is an error."""
    complaint = ""
    for option in options:
        try:
            if isinstance(value, list):
                return [option.type.convert(entry, option, None) for entry in value]
            return option.type.convert(value, option, None)
        except click.BadParameter as error:
            complaint = error.message
    raise _refusal(f"{said}: {complaint}", path, LISTED)


def _check_here(option: click.Option, flag: str, setting: Setting, command: str) -> None:
    """Refuse a value that suits other commands, and not this one."""
    values = setting.value if isinstance(setting.value, list) else [setting.value]
    try:
        for value in values:
            option.type.convert(value, option, None)
    except click.BadParameter as error:
        message = f"{flag} of {setting.origin} does not suit xent {command}: {error.message}"
        help = f"set it for single commands: [tool.xent.COMMAND], or [COMMAND] in {OWN}"
        raise UsageError(Problem("config", message, help=help)) from None


def _anchored(option: click.Option, value: Any, folder: Path) -> Any:
    """A path of a file's settings as seen from here: paths in a file are relative to it."""
    if option.metavar == "FORMAT=PATH":
        return [f"{name}={_from_here(path, folder)}" for name, _, path in (entry.partition("=") for entry in value)]
    return _from_here(value, folder) if option.metavar in PATHS else value


def _from_here(path: str, folder: Path) -> str:
    """A path relative to a folder, as seen from the working directory."""
    if path == "-" or "://" in path or Path(path).is_absolute():
        return path
    return os.path.relpath(folder / path)


def _shown(path: Path) -> str:
    """A path as short as it can be written here."""
    return min(str(path), os.path.relpath(path), key=len)


def _as_toml(value: Any) -> str:
    """A value as it stands in a file, about."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _close(name: str, known: list[str], prefix: str = "") -> str:
    """The names that are close to an unknown one, but for the prefix that all of them have; just the one it spells."""
    from xent_cli.contract.text import closest

    spelt = name.lower().replace("_", "-")
    found = [each for each in known if each.lower().replace("_", "-") == spelt]
    bare = [each.removeprefix(prefix) for each in known]
    close = found or [prefix + each for each in closest(name.removeprefix(prefix), bare)]
    return f"did you mean {' or '.join(close)}?" if close else LISTED


def _refusal(message: str, path: Path | None, help: str) -> UsageError:
    """The error of a setting."""
    return UsageError(Problem("config", message, None if path is None else Location(_shown(path)), help=help))


def settings(root: click.Group, *, everything: bool) -> Settings:
    """What is configured, for `xent config`; `everything` adds the flags that are left at their defaults."""
    found = load(root, here(), os.environ)
    rows = [_row(name, found, option[0]) for name, option in known_options(root).items()]
    for command, table in found.single.items():
        rows += [SettingRow(f"{command}.{name}", each.value, each.origin) for name, each in table.items()]
    return Settings("xent.config/1", found.file, tuple(row for row in rows if everything or row.origin != DEFAULT))


def _row(name: str, found: Configuration, option: click.Option) -> SettingRow:
    """The value of one flag and where it came from."""
    setting = found.environment.get(name) or found.shared.get(name)
    if setting is not None:
        return SettingRow(name, setting.value, setting.origin)
    default = None if option.multiple or option.count else option.to_info_dict()["default"]
    return SettingRow(name, default, DEFAULT)
