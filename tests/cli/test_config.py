"""Settings: read from one file, every mistake named with its line."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ksec_tui.config import Choice, Config, ConfigError, bound_keys, load
from ksec_tui.state.values import Look
from tests.cli.conftest import Ksec


@dataclass(frozen=True)
class Known:
    """A binding as the screens declare it."""

    id: str
    scope: str
    keys: str


BINDINGS = (
    Known("quit", "everywhere", "q"),
    Known("fix.stage", "everywhere", "s"),
    Known("help", "everywhere", "question_mark,f1"),
    Known("table.down", "in the list", "j,down"),
    Known("text.down", "in the detail", "j,down"),
)
MEETINGS = (frozenset({"everywhere", "in the list"}), frozenset({"everywhere", "in the detail"}))


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold() -> None:
    loaded = load()
    assert loaded.config == Config()
    assert not loaded.exists


def test_the_file_is_found_where_the_platform_keeps_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "settings"
    (home / "ksec-tui").mkdir(parents=True)
    write(home / "ksec-tui", "ascii: true\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    assert load().config.ascii


def test_the_flag_beats_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KSEC_CONFIG", str(write(tmp_path, "theme: from-environment\n")))
    assert load().config.theme == "from-environment"
    other = tmp_path / "other.yaml"
    other.write_text("theme: from-flag\n", encoding="utf-8")
    assert load(str(other)).config.theme == "from-flag"


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(str(tmp_path / "none.yaml"))


def test_everything_can_be_set(tmp_path: Path) -> None:
    text = """\
theme: day
ascii: true
mouse: off
state: no
keymap: k9s
keys:
  fix.stage: x
  quit: [Q, ctrl+q]
  help: 1
checks:
  enable: wl-no-cpu-limit
  disable: [wl-low-uid, wl-naked-pod]
views:
  worst: sev:>=high
  2: {pane: rbac, view: subjects, namespaces: "a,!b", risky: true, sort: name, reverse: on}
"""
    assert load(str(write(tmp_path, text))).config == Config(
        "day",
        ascii=True,
        mouse=False,
        state=False,
        keymap="k9s",
        keys={"fix.stage": ("x",), "quit": ("Q", "ctrl+q"), "help": ("1",)},
        checks=Choice(("wl-no-cpu-limit",), ("wl-low-uid", "wl-naked-pod")),
        views={
            "worst": Look(filter="sev:>=high"),
            "2": Look("rbac", "subjects", namespaces="a,!b", risky=True, sort="name", reverse=True),
        },
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "keys: {}\n", "checks: {}\n", "checks: {enable: []}\n"])
def test_an_empty_file_sets_nothing(tmp_path: Path, text: str) -> None:
    assert load(str(write(tmp_path, text))).config == Config()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("theme: day\nthem: day\n", 2, "there is no setting 'them'; did you mean 'theme'"),
        ("\n\nascii: 7\n", 3, "ascii: true or false is expected"),
        ("mouse: maybe\n", 1, "mouse: true or false is expected"),
        ("theme: [a]\n", 1, "theme: a text is expected"),
        ("theme: true\n", 1, "theme: a text is expected"),
        ("keys: [a]\n", 1, "keys: a mapping is expected"),
        ("keys:\n  quit: {a: b}\n", 2, "a key or a list of keys is expected"),
        ("keys:\n  quit: []\n", 2, "at least one key is expected"),
        ("checks: [a]\n", 1, "checks: a mapping is expected"),
        ("checks:\n  enabled: [a]\n", 2, "there is no 'enabled' (known: enable, disable)"),
        ("checks:\n  enable: [{a: b}]\n", 2, "a list of ids of checks is expected"),
        ("checks:\n  enable: {a: b}\n", 2, "a list of ids of checks is expected"),
        ("views: [a]\n", 1, "views: a mapping is expected"),
        ("views:\n  a: [b]\n", 2, "views.a: a mapping is expected"),
        ("views:\n  a:\n    pain: rbac\n", 3, "views.a: there is no 'pain'; did you mean 'pane'"),
        ("views:\n  a:\n    risky: maybe\n", 3, "views.a.risky: true or false is expected"),
        ("views:\n  a:\n    sort: [b]\n", 3, "views.a.sort: a text is expected"),
        ("state: 1\n", 1, "state: true or false is expected"),
        ("theme: a\ntheme: b\n", 2, "set twice"),
        ("- a\n", 1, "a mapping is expected"),
        ("a: b: c\n", 1, "no valid YAML"),
        ("theme: *x\n", 1, "no valid YAML"),
        ("\x1b[2J: 1\n", 1, "no valid YAML"),
        ('"\\e[2J": 1\n', 1, "␛"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: ")
    assert words in message
    assert message.isprintable()


def test_keys_move_and_swap_without_a_clash(tmp_path: Path) -> None:
    loaded = load(str(write(tmp_path, "keys: {quit: s, fix.stage: q, table.down: n}\n")))
    assert bound_keys(loaded, BINDINGS, meetings=MEETINGS) == {
        "quit": "s",
        "fix.stage": "q",
        "table.down": "n",
    }


def test_keys_of_the_file_change_those_of_the_keymap(tmp_path: Path) -> None:
    loaded = load(str(write(tmp_path, "keys: {help: /}\n")))
    assert bound_keys(loaded, BINDINGS, keymap={"help": "f2", "quit": "Q"}, meetings=MEETINGS) == {
        "help": "slash",
        "quit": "Q",
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("keys:\n  quit: s\n", 2, "'s' is taken: fix.stage"),
        ("keys:\n  quit: x\n  fix.stage: x\n", 3, "'x' is taken: quit"),
        ("keys:\n  fix.stag: x\n", 2, "did you mean 'fix.stage'"),
        ("keys:\n  table.down: q\n", 2, "'q' is taken: quit"),
        ("keys:\n  quit: down\n", 2, "'down' is taken: table.down"),
        ("keys:\n  help: ctrl+p\n", 2, "'ctrl+p' is taken: it opens the palette"),
        ("keys:\n  help: [x, ctrl+q]\n", 2, "'ctrl+q' is taken: it leaves the program"),
        ("keys:\n  help: ctrl+i\n", 2, "terminals send 'ctrl+i' as tab"),
        ("keys:\n  help: quetsion_mark\n", 2, "no key 'quetsion_mark'; did you mean 'question_mark'"),
        ("keys:\n  help: super+x\n", 2, "no terminal can be relied on to send 'super+x'"),
        ("keys:\n  help: ctrl+1\n", 2, "do not send 'ctrl+1'"),
    ],
)
def test_a_key_that_would_do_two_things_is_refused(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        bound_keys(load(str(path)), BINDINGS, meetings=MEETINGS)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)


def test_validate_accepts_good_settings_and_keys_as_people_write_them(ksec: Ksec, tmp_path: Path) -> None:
    path = write(tmp_path, "theme: night\nkeys: {filter: [ctrl+f, /], fix.stage: '+'}\n")
    answer = ksec("config", "validate", "--config", str(path))
    assert (answer.code, answer.out) == (0, "")
    assert "fine" in answer.err


@pytest.mark.parametrize(
    "text",
    [
        "theme: nigth\n",
        "keys: {fix.stagee: s}\n",
        "keys: {fix.stage: z}\n",
        "keys: {fix.stage: /}\n",
        "checks: {disable: wl-lowuid}\n",
        "keymap: k8s\n",
        "keymap: lazygit\nkeys: {history.last: '['}\n",
        "views: {a: 'sev:>='}\n",
        "views: {a: {pane: rback}}\n",
        "views: {a: {pane: rbac, view: people}}\n",
        "views: {a: {namespaces: '\"'}}\n",
    ],
)
def test_validate_refuses_what_the_explorer_could_not_use(ksec: Ksec, tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    answer = ksec("config", "validate", "--config", str(path))
    assert answer.code == 2
    assert f"{path}:{2 if 'lazygit' in text else 1}: " in answer.err


def test_show_prints_settings_that_can_be_read_back(ksec: Ksec, tmp_path: Path) -> None:
    path = write(tmp_path, "mouse: false\nkeys: {fix.stage: '+'}\nchecks: {disable: wl-low-uid}\n")
    answer = ksec("config", "show", "--config", str(path))
    assert yaml.safe_load(answer.out) == {
        "theme": "night",
        "ascii": False,
        "mouse": False,
        "state": True,
        "watch": False,
        "keymap": "default",
        "keys": {"fix.stage": ["+"]},
        "checks": {"enable": [], "disable": ["wl-low-uid"]},
        "views": {},
    }
    again = write(tmp_path, answer.out)
    assert load(str(again)).config.keys == {"fix.stage": ("+",)}


def test_path_prints_where_the_file_is_looked_for(ksec: Ksec, tmp_path: Path) -> None:
    assert ksec("config", "path").out == f"{tmp_path / 'home' / 'config' / 'ksec-tui' / 'config.yaml'}\n"


def test_init_writes_a_file_that_says_everything_and_sets_nothing(ksec: Ksec, tmp_path: Path) -> None:
    answer = ksec("config", "init")
    path = tmp_path / "home" / "config" / "ksec-tui" / "config.yaml"
    assert (answer.code, answer.out) == (0, "")
    assert str(path) in answer.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = load()
    assert loaded.exists
    assert loaded.config == Config()
    text = path.read_text(encoding="utf-8")
    for name in Config.__struct_fields__:
        assert f"\n#{name}:" in text


def test_what_init_comments_out_can_be_uncommented_as_it_stands(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    assert ksec("config", "init", "--config", str(path)).code == 0
    path.write_text(re.sub(r"^#(?! )|^#(?=  \w)", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert ksec("config", "validate", "--config", str(path)).err.endswith("fine\n")
    config = load(str(path)).config
    assert (config.theme, config.keymap, set(config.views)) == ("night", "default", {"worst", "people"})
    assert len(config.keys) > 90


def test_init_replaces_nothing(ksec: Ksec, tmp_path: Path) -> None:
    path = write(tmp_path, "ascii: true\n")
    answer = ksec("config", "init", "--config", str(path))
    assert answer.code == 2
    assert "left as it is" in answer.err
    assert path.read_text() == "ascii: true\n"
    assert ksec("config", "init", "--config", str(path / "below")).code == 2


def test_the_schema_knows_every_setting_and_refuses_others(ksec: Ksec) -> None:
    schema = json.loads(ksec("config", "schema").out)
    assert set(schema["properties"]) == set(Config.__struct_fields__)
    assert schema["additionalProperties"] is False
    views = schema["properties"]["views"]["additionalProperties"]["anyOf"][1]
    assert set(views["properties"]) == set(Look.__struct_fields__)
    assert schema["properties"]["keymap"]["enum"] == ["default", "k9s", "lazygit"]
    assert "night" in schema["properties"]["theme"]["enum"]
    assert schema["properties"]["keys"]["properties"]["help"]["default"] == ["question_mark", "f1"]
    assert all(item["description"] for item in schema["properties"].values())
