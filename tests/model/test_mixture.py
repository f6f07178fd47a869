"""Several sources in one run: what is read of each, measured of each, and said of their origin."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gemsieve.cli import main
from gemsieve.model.checkpoints.about import CheckpointError
from gemsieve.model.checkpoints.forms import open_model
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.data.corpora import SOURCES, open_corpora, origin_of
from gemsieve.model.training.data.order import Mixture
from gemsieve.model.training.data.rows import Rows, tokenize
from gemsieve.model.training.data.tokens import TokensError, write_tokens
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.pretrain import rows_of
from gemsieve.model.training.settings import TrainSettings, read_settings
from gemsieve.model.training.train import train
from gemsieve.pipeline.manifest import verify

from .conftest import make_data, make_texts

CONFIG = """
[model]
size = "test"
vocab_size = 300
num_layers = 2
[data]
sequence_length = 32
held_out_every = 20
weights = [0.5, 1.5]
packing = "best_fit"
[optimizer]
warmup_steps = 1
[train]
epochs = 0.1
evaluate_rows = 4
"""


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a verified folder of other texts."""
    return make_data(tmp_path_factory.mktemp("second") / "second", make_texts(60, seed=9))


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """Return a file of texts that nothing vouches for."""
    path = tmp_path / "loose.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in make_texts(60, seed=8)))
    return path


def test_each_source_is_split_and_shuffled_alone(
    data: Path, second: Path, tokenizer: Tokenizer, settings: TrainSettings
) -> None:
    """The first source's rows are what they would be alone; weights are those of the settings."""
    corpora = open_corpora([data, second])
    laid = [tokenize(corpus.texts(), tokenizer) for corpus in corpora]
    alone = rows_of(settings.data, corpora[:1], laid[:1])
    both = rows_of(replace(settings.data, weights=(1.0, 2.0)), corpora, laid)
    for mixed, single in zip(both, alone, strict=True):
        assert isinstance(mixed, Mixture)
        assert isinstance(single, Rows)
        assert (mixed.names, mixed.weights) == (("out", "second"), (1.0, 2.0))
        first = mixed.sources[0]
        assert len(first) == len(single)
        assert all((first[n]["tokens"] == single[n]["tokens"]).all() for n in range(len(single)))
    unweighed, _ = rows_of(settings.data, corpora, laid)
    assert isinstance(unweighed, Mixture)
    assert unweighed.counts(len(unweighed)) == [len(source) for source in unweighed.sources]
    with pytest.raises(ValueError, match=r"data.weights has 3 numbers, and 2 folders are read"):
        rows_of(replace(settings.data, weights=(1.0, 1.0, 1.0)), corpora, laid)


def test_manifests_of_all_sources_are_named(data: Path, second: Path, loose: Path) -> None:
    """Digests stand in order; one source that nothing vouches for leaves the model unverified."""
    digests = [verify(data).digest, verify(second).digest]
    both = origin_of({}, open_corpora([data, second]), "")
    assert (both.manifest, both.warning) == ("+".join(digests), None)
    assert both.policy == {"name": "test", "sha256": "0" * 64}
    assert list(both.settings[SOURCES].values()) == [f"manifest {one}" for one in digests]
    mixed = origin_of({}, open_corpora([data, loose], unverified=True), "")
    assert (mixed.manifest, mixed.policy) == ("", {})
    assert "unverified" in (mixed.warning or "")
    assert mixed.settings[SOURCES]["loose.jsonl"].startswith("unverified, files ")


def test_a_folder_is_not_named_twice(data: Path) -> None:
    """It is weighed instead."""
    with pytest.raises(ValueError, match="named twice; weigh it"):
        open_corpora([data, data])


def test_tokens_are_those_of_each_source(
    tmp_path: Path, data: Path, second: Path, tokenizer: Tokenizer, settings: TrainSettings
) -> None:
    """There are as many as folders, in their order."""
    write_tokens(verify(data), tokenizer, tmp_path / "tokens")
    write_tokens(verify(second), tokenizer, tmp_path / "others")
    for tokens, told in (
        (("tokens",), "1 folders of tokens"),
        (("others", "tokens"), "other data"),
    ):
        inputs = Inputs((data, second), tuple(tmp_path / name for name in tokens))
        with pytest.raises(TokensError, match=told):
            train(settings, inputs, tmp_path / "run")


def test_a_run_says_what_it_read(
    tmp_path: Path,
    data: Path,
    loose: Path,
    tokenizer: Tokenizer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command: loud without a manifest, refused without the option, and true in what it tells.

    Epochs become steps; held-out losses are told of each source, and weighed together; the
    checkpoint, the page and standard error say that the data is unverified; the run goes on with
    the same data alone.
    """
    config, run = tmp_path / "config.toml", tmp_path / "run"
    config.write_text(CONFIG)
    tokenizer.write(run / "tokenizer.model")
    command = [
        "train",
        str(config),
        "--data",
        str(data),
        "--data",
        str(loose),
        "--output",
        str(run),
    ]
    assert main(command) == 2
    assert "--unverified" in capsys.readouterr().err
    assert main([*command, "--unverified"]) == 0
    told = capsys.readouterr()
    assert "nothing need vouch for the data" in told.err
    assert "unverified: no manifest" in told.err
    assert "times loose.jsonl" in told.out

    about = open_model(run).about
    rows, _ = rows_of(
        read_settings(config).data,
        corpora := open_corpora([data, loose], unverified=True),
        (tokenize(corpus.texts(), tokenizer) for corpus in corpora),
    )
    steps = -(-len(rows) // 40)
    assert about.settings["train"]["steps"] == steps
    assert "unverified" in (about.warning or "")
    page = (run / "report.html").read_text()
    assert all(what in page for what in about.settings[SOURCES].values())
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    each = [last[f"held_out_loss/{name}"] for name in about.settings[SOURCES]]
    assert last["step"] == steps
    assert last["held_out_loss"] == pytest.approx(each[0] / 4 + each[1] * 3 / 4, rel=1e-12)

    assert main([*command, "--unverified"]) == 0
    loose.write_text(loose.read_text().replace("river", "brook"))
    with pytest.raises(CheckpointError, match="another manifest"):
        train(read_settings(config), Inputs((data, loose), unverified=True), run)
