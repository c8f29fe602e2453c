"""Settings files: TOML, read into a model that knows every key. What the terminal needs before its first paint does not come
this way (importing pydantic would keep the screen waiting)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from server_stub.interface.failures import Failed


class SettingsModel(BaseModel):
    """A table of a settings file: a key that stands in no field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Settings = TypeVar("Settings", bound=SettingsModel)


def load_settings_file(path: Path, model: type[Settings]) -> Settings:
    """Read the TOML file `path` as `model` says.

    Raises Failed(Settings_Wrong, file, key, expected) for the first thing that is wrong, never with the value that stands
    there: it may be a key. `key` is as `card.3.state`, tables counted from 1; '' where it is the file itself.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failed("Settings_Wrong", file=path.name, key="", expected="a file that can be read") from error
    except UnicodeDecodeError as error:
        raise Failed("Settings_Wrong", file=path.name, key="", expected="UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise Failed("Settings_Wrong", file=path.name, key="", expected=f"TOML ({error})") from error
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])
        raise Failed("Settings_Wrong", file=path.name, key=key, expected=first["msg"]) from error
