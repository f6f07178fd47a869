from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gemsieve.model.training.settings import (
    SettingsError,
    TrainSettings,
    read_settings,
    settings_from,
)

TINY = Path(__file__).parents[2] / "configs" / "train" / "tiny.toml"


def with_none(tables: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return tables with "none" as None, as settings have it where it stands for nothing."""
    return {
        name: {key: None if value == "none" else value for key, value in table.items()}
        for name, table in tables.items()
    }


def test_tiny_names_every_setting_and_its_default() -> None:
    """The shipped file documents each key there is, with a comment, at its default value."""
    assert read_settings(TINY) == TrainSettings()
    tables = tomllib.loads(TINY.read_text(encoding="utf-8"))
    assert tables["model"].pop("size") == "tiny"
    assert with_none(tables) == with_none(dataclasses.asdict(TrainSettings()))
    for line in TINY.read_text(encoding="utf-8").splitlines():
        assert "=" not in line.partition("#")[0] or "#" in line, f"no comment: {line}"


def test_a_checkpoints_settings_read_back() -> None:
    """Settings as plain tables, None included, give the same settings again."""
    settings = settings_from({"model": {"size": "9b", "attn_logit_softcap": "none"}})
    assert settings.model.attn_logit_softcap is None
    assert settings_from(dataclasses.asdict(settings)) == settings


def test_overrides_change_single_settings() -> None:
    """`--set` takes TOML values and bare words, in any table."""
    changed = ["train.steps=7", "model.final_logit_softcap=none", "data.weights=[0.7, 3]"]
    settings = read_settings(TINY, changed)
    assert (settings.train.steps, settings.model.final_logit_softcap) == (7, None)
    assert settings.data.weights == (0.7, 3.0)


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("train.step=3", "unknown setting in [train]: 'step'; did you mean 'steps'?"),
        ("trian.steps=3", "unknown table: 'trian'; did you mean 'train'?"),
        ("train.steps=ten", "train.steps must be a whole number, not 'ten'"),
        ("train.steps=1.5", "train.steps must be a whole number, not 1.5"),
        ("train.steps=true", "train.steps must be a whole number, not True"),
        ("train.steps=0", "train: steps must be at least 1, not 0"),
        ("train.epochs=0", "train: epochs must be above 0, or none"),
        ("data.weights=0.7", "data.weights must be a list of numbers, not 0.7"),
        ("data.weights=[1, 0]", "data: weights must be above 0"),
        ("data.weights=[1, -1]", "data.weights, -1, must be 0 or more"),
        ("optimizer.learning_rate=nan", "optimizer.learning_rate must be 0 or more, not nan"),
        ("data.sequence_length=513", "exceeds model.max_length (512)"),
        ("model.post_norms=1", "model.post_norms must be true or false, not 1"),
        ("execution.attention=fast", "execution: attention must be one of chunked, dense"),
        ("execution.scan=none", "execution.scan must be true or false, not 'none'"),
        ("mesh.fsdp=3", "mesh.data x mesh.fsdp (1 x 3) must divide train.batch_size"),
        ("mesh.data=0", "mesh: data must be at least 1, not 0"),
        ("execution.precision=int8", "execution: precision must be one of float32, bfloat16"),
        ("execution.accumulate=3", "execution.accumulate (3) must divide train.batch_size (4)"),
        ("optimizer.kind=sgd", "optimizer: kind must be one of adamw, muon, not 'sgd'"),
        ("optimizer.schedule=flat", "optimizer: schedule must be one of cosine, wsd, not 'flat'"),
        ("optimizer.ema=1", "optimizer: ema must be below 1, not 1.0"),
        ("optimizer.decay_fraction=2", "optimizer: decay_fraction must be at most 1, not 2.0"),
        ("train.on_nan=go", "train: on_nan must be one of stop, skip, rewind, not 'go'"),
        ("model.size=tinny", "unknown model size 'tinny'; did you mean 'tiny'?"),
        ("model.head_dim=5", "model: head_dim must be even"),
        ("data.packing=first_fit", "data: packing must be one of ends, best_fit, not 'first_fit'"),
        ("steps=3", "write table.key=value"),
    ],
)
def test_wrong_settings_are_refused(override: str, complaint: str) -> None:
    """A mistake names the file, the setting and the nearest valid name or range."""
    with pytest.raises(SettingsError, match=re.escape(complaint)) as error:
        read_settings(TINY, [override])
    assert str(error.value).startswith(str(TINY))


def test_packing_is_for_text() -> None:
    """Chats are packed whole already: a setting that would do nothing is refused."""
    with pytest.raises(SettingsError, match=r"data\.packing is for text"):
        read_settings(TINY, ["task.kind=chat", "data.packing=best_fit"])


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A file that is absent or no TOML gives an error with its path."""
    path = tmp_path / "x.toml"
    with pytest.raises(SettingsError, match=r"x\.toml"):
        read_settings(path)
    path.write_text("[model\n")
    with pytest.raises(SettingsError, match=r"x\.toml.*line 1"):
        read_settings(path)
