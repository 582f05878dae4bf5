"""What is wrong with a setting, in a sentence: which it is, who set it, what was given, what is possible."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel, BeforeValidator
from pydantic_core import ErrorDetails

from stentor.engines.guarded import secrets
from stentor.errors import printable, quoted

_LONGEST = 200  # of a path, which a mistake may have made long
_NEAR = 0.7  # how much alike two names are, from 0 to 1, for one to be a slip for the other

Step: TypeAlias = str | int

_KINDS = {bool: "true or false", int: "a whole number", float: "a number"}
_YES_NO, _WHOLE, _NUMBER = (f"it must be {kind}, and is {{given}}" for kind in _KINDS.values())
_TEXT = "it must be text in quotation marks, and is {given}"
_LIST = 'it must be a list, as in `["a", "b"]`, and is {given}'
_TABLE = "it must be a table, and is {given}"

# By pydantic's name for the mistake; `{ge}` and the like are its bounds.
_SAID: Mapping[str, str] = {
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "bool_parsing": _YES_NO,
    "bool_type": _YES_NO,
    "string_type": _TEXT,
    "string_sub_type": _TEXT,
    "string_unicode": _TEXT,
    "path_type": _TEXT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _TABLE,
    "mapping_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "literal_error": "it must be {expected}, and is {given}",
    "greater_than": "it must be more than {gt}, and is {given}",
    "greater_than_equal": "it must be at least {ge}, and is {given}",
    "less_than": "it must be less than {lt}, and is {given}",
    "less_than_equal": "it must be at most {le}, and is {given}",
    "too_short": "it must have {min_length} or more entries, and has {actual_length}",
    "too_long": "it may have {max_length} entries, and has {actual_length}",
    "string_too_short": "it must have {min_length} or more characters",
    "string_too_long": "it may have {max_length} characters",
    "string_pattern_mismatch": "it must match `{pattern}`, and is {given}",
}


class Written(str):
    """Text of a variable, which may stand for a number as well."""

    __slots__ = ()


def place(path: Sequence[Step]) -> str:
    """Name a setting as people do: routes and entries of lists are counted from 1."""
    route = ""
    if len(path) > 1 and path[0] == "routes" and isinstance(path[1], int):
        route, path = f"route {path[1] + 1}", path[2:]
    dotted = printable(".".join(step for step in path if isinstance(step, str)), _LONGEST)
    entry = f"entry {path[-1] + 1} of " if path and isinstance(path[-1], int) else ""
    named = " of ".join(part for part in (f"{entry}`{dotted}`" if dotted else "", route) if part)
    return named[:1].upper() + named[1:]


def source_of(path: Sequence[Step], origins: Mapping[str, str]) -> str:
    """Say who set what is at a path: whoever set it, or what is around it, or what is within it."""
    for end in range(len(path), 0, -1):
        found = origins.get(".".join(map(str, path[:end])))
        if found:
            return found
    within = "".join(f"{step}." for step in path)
    around = within[:-1].rpartition(".")[0]
    beside = (origin for key, origin in origins.items() if key.startswith(f"{around}." if around else within))
    return next(beside, "the settings")


def file_of(path: Sequence[Step], origins: Mapping[str, str]) -> str:
    """Say where something is missing: no variable has what nobody set."""
    source = source_of(path, origins)
    variable, _, rest = source.partition(" in ")
    return rest if rest and variable.isupper() else source


def sentence(
    model: type[BaseModel],
    error: ErrorDetails,
    above: Sequence[Step],
    origins: Mapping[str, str],
    root: Any,  # noqa: ANN401  whatever was given
) -> str:
    """Say what is wrong with `root`, of which a model was to be made, at the path `above`.

    A secret is not shown.
    """
    location = list(_within(root, error["loc"]))
    path = [*above, *location]
    owner = _owner(model, location)
    here, source, kind = place(path), source_of(path, origins), error["type"]
    if kind == "extra_forbidden":
        section = ".".join(str(step) for step in path[:-1] if isinstance(step, str))
        is_route = path[0] == "routes"
        around = f"{section}." if section and not is_route else ""
        known = {f"{around}{name}": name for name in owner.model_fields}
        return f"{here} in {source} is no setting.{_meant(str(path[-1]), known)}"
    if kind == "missing":
        return f"{here} is missing in {file_of(path, origins)}."
    if path == ["routes"] and isinstance(error["input"], dict):
        return f"{here} in {source}: it is a list of tables; write `[[routes]]`."
    return f"{here} in {source}: {_wrong(error, is_secret=_is_secret(owner, location))}."


def misquoted(value: Any, made: Any, path: tuple[Step, ...] = ()) -> tuple[tuple[Step, ...], str] | None:  # noqa: ANN401
    """Find text, or `true`, that was taken for a number; return where it is and what is wrong with it.

    `value` is what was given, and `made` what became of it.
    """
    for step, given, become in _pairs(value, made):
        if isinstance(become, bool | int | float) and _is_mistaken(given, become):
            kind = _KINDS[type(become)]
            how = "without quotation marks" if isinstance(given, str) else f"and is {shown(given)}"
            return (*path, step), f"it must be {kind}, {how}"
        found = misquoted(given, become, (*path, step))
        if found:
            return found
    return None


def shown(given: Any) -> str:  # noqa: ANN401  whatever was given
    """Show a value as it was written; of a list or a table only that it is one."""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, dict):
        return "a table"
    if isinstance(given, list | tuple):
        return "a list"
    return quoted(given) if isinstance(given, str) else printable(str(given))


def near(name: str, known: Iterable[str]) -> str | None:
    """Return the name that is known and most like this one, if one is like it."""
    folded = {other.casefold(): other for other in known}
    found = difflib.get_close_matches(name[:_LONGEST].casefold(), folded, n=1, cutoff=_NEAR)
    return folded[found[0]] if found else None


def _meant(name: str, known: Mapping[str, str]) -> str:
    """Ask whether the nearest name was meant, or list them all; `known` has the paths and their ends."""
    close = near(name, known.values())
    if close:
        path = next(path for path, end in known.items() if end == close)
        return f" Did you mean `{path}`?"
    return f" There are: {', '.join(known.values())}."


def _wrong(error: ErrorDetails, *, is_secret: bool) -> str:
    kind, bounds = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(bounds["error"]).rstrip(".")
    said = _SAID.get(kind)
    if said is None:
        return error["msg"].rstrip(".")
    if bounds.get("min_length") == 1:
        return "it must not be empty"
    if is_secret:
        said = said.partition(", and is {given}")[0]
    return said.format(given=shown(error["input"]), **bounds)


def _within(value: Any, location: Sequence[Step]) -> Iterator[Step]:  # noqa: ANN401  whatever was given
    """Yield the steps of a location that lead on in a value; pydantic also names members of unions."""
    for step in location:
        inside = value.get(step, ...) if isinstance(value, dict) else _entry(value, step)
        if inside is ... and not isinstance(value, dict):
            return
        yield step
        value = inside


def _entry(value: Any, step: Step) -> Any:  # noqa: ANN401  whatever was given
    if isinstance(value, BaseModel):
        return getattr(value, str(step), ...)
    is_there = isinstance(value, list | tuple) and isinstance(step, int) and step < len(value)
    return value[step] if is_there else ...


def _owner(model: type[BaseModel], location: Sequence[Step]) -> type[BaseModel]:
    """Return the model that has what is at the end of a location."""
    for step in location[:-1]:
        field = model.model_fields.get(str(step))
        model = next(_models(field.annotation), model) if field else model
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401  any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _is_secret(owner: type[BaseModel], location: Sequence[Step]) -> bool:
    return any(step in secrets(owner) for step in location)


def _pairs(value: Any, made: Any) -> Iterator[tuple[Step, Any, Any]]:  # noqa: ANN401  whatever was given
    if isinstance(value, dict) and isinstance(made, BaseModel):
        for name, field in type(made).model_fields.items():
            if name in value and not any(isinstance(part, BeforeValidator) for part in field.metadata):
                yield name, value[name], getattr(made, name)
    elif isinstance(value, dict) and isinstance(made, Mapping):
        yield from ((key, value[key], made[key]) for key in value if key in made)
    elif isinstance(value, list | tuple) and isinstance(made, list | tuple) and len(value) == len(made):
        yield from ((number, *pair) for number, pair in enumerate(zip(value, made, strict=True)))


def _is_mistaken(given: Any, become: float) -> bool:  # noqa: ANN401  whatever was given
    if isinstance(given, str):
        return not isinstance(given, Written)
    return isinstance(given, bool) != isinstance(become, bool)
