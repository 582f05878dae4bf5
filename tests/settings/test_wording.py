"""Every mistake is a sentence of our own: the setting, who set it, what was given, what is possible."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, ValidationError
from tests.settings.loading import load, value

from stentor.errors import SettingsError
from stentor.settings.wording import Written, file_of, misquoted, near, place, sentence, shown, source_of

TOML: list[tuple[str, str]] = [
    ('[routes]\nengines = ["tone"]', "`routes` in stentor.toml: it is a list of tables; write `[[routes]]`."),
    ("routes = [3]", "Route 1 in stentor.toml: it must be a table, and is 3."),
    ("[[routes]]\nengines = []", "`engines` of route 1 in stentor.toml: it must not be empty."),
    (
        '[[routes]]\nengines = ["tone"]\n[[routes]]\nengines = ["tone", 3]',
        "Entry 2 of `engines` of route 2 in stentor.toml: it must be text in quotation marks, and is 3.",
    ),
    (
        '[[routes]]\nengines = "tone"',
        'route 1 in stentor.toml: it must be a list, as in `["a", "b"]`, and is \'tone\'.',
    ),
    (
        '[[routes]]\nengines = ["tone"]\nhedge_after = "1"',
        "`hedge_after` of route 1 in stentor.toml: it must be a number, without quotation marks.",
    ),
    (
        '[[routes]]\nengines = ["tone"]\nhedge_after = true',
        "`hedge_after` of route 1 in stentor.toml: it must be a number, and is true.",
    ),
    ('[[routes]]\nengines = ["tone"]\nweights = { tone = "2" }', "`weights.tone` of route 1"),
    (
        '[server]\nport = "8000"',
        "`server.port` in stentor.toml: it must be a whole number, without quotation marks.",
    ),
    ("[server]\nport = 80.5", "`server.port` in stentor.toml: it must be a whole number, and is 80.5."),
    ("[server]\nport = 99999", "`server.port` in stentor.toml: it must be at most 65535, and is 99999."),
    (
        '[server]\ndebug = "true"',
        "`server.debug` in stentor.toml: it must be true or false, without quotation marks.",
    ),
    ("[server]\ndebug = 1", "`server.debug` in stentor.toml: it must be true or false, and is 1."),
    (
        "[server]\nhost = [1]",
        "`server.host` in stentor.toml: it must be text in quotation marks, and is a list.",
    ),
    (
        "[engines.openai]\nprice = { per_second = '3' }",
        "`engines.openai.price.per_second` in stentor.toml: it must be a number,",
    ),
    ("[engines.openai]\nprice = 3", "`engines.openai.price` in stentor.toml: it must be a table, and is 3."),
    ("[engines.openai]\nextra = 3", "`engines.openai.extra` in stentor.toml: it must be a table, and is 3."),
    (
        "[engines.openai]\nformat = 'mp4'",
        "it must be 'pcm', 'wav', 'mp3', 'flac', 'opus' or 'aac', and is 'mp4'.",
    ),
    (
        "[engines.tone]\namplitude = 0",
        "`engines.tone.amplitude` in stentor.toml: it must be more than 0.0, and is 0.",
    ),
    (
        "[engines.openai.price]\nper_token = 3",
        "`engines.openai.price.per_token` in stentor.toml is no setting. There are: per_request,",
    ),
    ("[engines.openai.price]\nper_charater = 3", "Did you mean `engines.openai.price.per_character`?"),
    (
        "[engines.openai]\nkeep_alive = 3",
        "`engines.openai.keep_alive` in stentor.toml is no setting. There are: enabled, kind,",
    ),
]


@pytest.mark.parametrize(("written", "said"), TOML)
def test_a_mistake_names_the_setting_and_what_was_given(folder: Path, written: str, said: str) -> None:
    (folder / "stentor.toml").write_text(written)
    with pytest.raises(SettingsError) as refused:
        load(folder)
    assert said in refused.value.message


def test_a_variable_is_named_and_its_text_may_be_a_number(folder: Path) -> None:
    with pytest.raises(
        SettingsError,
        match=r"in MAX_CONCURRENT_REQUESTS in the environment: it must be a whole "
        "number, and is 'three'",
    ):
        load(folder, RUNPOD_ENDPOINT="abc", MAX_CONCURRENT_REQUESTS="three")
    loaded = load(
        folder,
        RUNPOD_ENDPOINT="abc",
        MAX_CONCURRENT_REQUESTS="4",
        STENTOR_PORT="81",
        STENTOR_DEBUG="yes",
        STENTOR_ENGINES_TONE_AMPLITUDE="0.5",
    )
    assert value(loaded, "engines.runpod.max_concurrent_requests") == 4
    assert value(loaded, "engines.tone.amplitude") == 0.5
    assert (value(loaded, "server.port"), value(loaded, "server.debug")) == (81, True)


def test_a_time_with_a_unit_stands_in_quotation_marks(folder: Path) -> None:
    (folder / "stentor.toml").write_text('[engines.espeak]\nkeep_alive = "5m"\n')
    assert value(load(folder), "engines.espeak.keep_alive") == 300


@pytest.mark.parametrize(
    "written", ["api_key = 5551234", "api_key = ['5551234']", "proxy = 5551234", "api_key = '5551234é'"]
)
def test_a_secret_is_not_shown(folder: Path, written: str) -> None:
    (folder / "stentor.toml").write_text(f"[engines.openai]\n{written}\n")
    with pytest.raises(
        SettingsError, match=r"`engines\.openai\.(api_key|proxy)` in stentor\.toml: "
    ) as refused:
        load(folder)
    assert "5551234" not in refused.value.message


class _Inner(BaseModel):
    ratio: float = 1.0


class _Model(BaseModel):
    name: str = ""
    token: SecretStr = SecretStr("")
    entries: tuple[int, ...] = ()
    inner: tuple[_Inner, ...] = ()
    either: int | tuple[float, ...] = 0
    known: dict[str, _Inner] = {}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from("ab") | st.text(), inside),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*_Model.model_fields, "else"]), ANYTHING))
def test_whatever_was_given_is_told_in_one_line_or_taken(written: dict[str, object]) -> None:
    try:
        made = _Model.model_validate(written)
    except ValidationError as error:
        said = sentence(_Model, error.errors()[0], ("here",), {}, written)
        assert said.isprintable()
        assert "`here" in said
        assert "{" not in said.partition(" and is ")[0].replace("{}", "")
    else:
        found = misquoted(written, made)
        assert found is None or found[1].startswith("it must be ")


def test_text_of_a_variable_is_never_misquoted() -> None:
    class Ratio(BaseModel):
        ratio: float

    for given_, is_wrong in (("1", True), (Written("1"), False), (1, False), (True, True)):
        wrong = misquoted({"ratio": given_}, Ratio.model_validate({"ratio": given_}))
        assert (wrong is not None) == is_wrong


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("server", "port"), "`server.port`"),
        (("routes",), "`routes`"),
        (("routes", 0), "Route 1"),
        (("routes", 11, "engines", 0), "Entry 1 of `engines` of route 12"),
        (("api", "cors_origins", 1), "Entry 2 of `api.cors_origins`"),
        (("a\nb",), "`a\N{REPLACEMENT CHARACTER}b`"),
    ],
)
def test_places_are_counted_from_one(path: tuple[str | int, ...], said: str) -> None:
    assert place(path) == said


def test_whoever_set_what_is_around_or_within_is_the_source() -> None:
    origins = {"routes": "a.toml", "engines.far.model": "b.toml", "engines.near": "c.toml"}
    assert source_of(("routes", 0, "voice"), origins) == "a.toml"
    assert source_of(("engines", "far", "url"), origins) == "b.toml"
    assert source_of(("engines", "near", "price", "x"), origins) == "c.toml"
    assert source_of(("engines", "other"), {}) == "the settings"


def test_no_variable_has_what_is_missing(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"`engines\.gpu\.url` is missing in the environment: "):
        load(folder, STENTOR_ENGINES_GPU_KIND="provider")
    with pytest.raises(SettingsError, match=r"`engines\.gpu\.kind` is missing in the environment: "):
        load(folder, STENTOR_ENGINES_GPU_URL="http://gpu-box:8000")
    with pytest.raises(SettingsError, match=r"`engines\.gpu\.kind` in STENTOR_ENGINES_GPU_KIND in the envir"):
        load(folder, STENTOR_ENGINES_GPU_KIND="provder")
    assert file_of(("routes", 0), {"routes": "mine.toml"}) == "mine.toml"


def test_only_a_name_that_is_like_another_is_near() -> None:
    assert near("espaek", ["tone", "espeak"]) == "espeak"
    assert near("OPNEAI", ["openai"]) == "openai"
    assert near("keep_alive", ["enabled", "price"]) is None


@pytest.mark.parametrize(
    ("given_", "said"), [(True, "true"), ({"a": 1}, "a table"), ([1], "a list"), ("x", "'x'"), (1.5, "1.5")]
)
def test_what_was_given_is_shown_as_it_was_written(given_: object, said: str) -> None:
    assert shown(given_) == said
