"""A run whose losses jump goes back past the batches, alike when it is interrupted on the way."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.model.conftest import make_data

from gemsieve.model.checkpoints.forms import load
from gemsieve.model.checkpoints.placement import in_place
from gemsieve.model.gemma.sharding import make_mesh
from gemsieve.model.training.data.order import batches
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import make_fresh, make_update
from gemsieve.model.training.task import make_task
from gemsieve.model.training.train import Summary, train
from gemsieve.model.training.watching import metrics
from gemsieve.model.training.watching.clock import Progress
from gemsieve.model.training.watching.page import Speed, page
from gemsieve.model.training.watching.watched import watched
from gemsieve.pipeline.manifest import Manifest, Shard, read, sha256_of, write


class Stop(Exception):  # noqa: N818 - an interruption is no error
    """Interrupt a run."""


@pytest.fixture(scope="module")
def sourced(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    """Return verified data whose documents come from two sources."""
    folder = make_data(tmp_path_factory.mktemp("sourced") / "out", texts, shards=1)
    (path,) = (folder / "kept").iterdir()
    sources = pa.array(["web" if number % 3 else "wiki" for number in range(len(texts))])
    pq.write_table(pq.read_table(path).append_column("source", sources), path)
    old = read(folder)
    shard = Shard(f"kept/{path.name}", len(texts), path.stat().st_size, sha256_of(path))
    write(Manifest(folder, dict(old.policy), [], [], dict(old.counts), [shard], "0"))
    return folder


@pytest.fixture(scope="module")
def jumpy(settings: TrainSettings) -> TrainSettings:
    """Return settings by which an ordinary run jumps now and then."""
    loop = replace(
        settings.train,
        on_spike="rewind",
        spike_window=3,
        spike_deviations=1.5,
        most_rewinds=9,
        log_every=2,
        evaluate_every=6,
    )
    wild = replace(settings.optimizer, learning_rate=0.05)
    return replace(settings, train=loop, optimizer=wild)


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, sourced: Path, jumpy: TrainSettings
) -> tuple[Path, Summary]:
    """Return a run that went back where its losses jumped."""
    run = tmp_path_factory.mktemp("jumpy") / "run"
    return run, train(jumpy, Inputs((sourced,)), run)


def test_a_run_goes_back_past_the_batches(
    undisturbed: tuple[Path, Summary], sourced: Path, jumpy: TrainSettings
) -> None:
    """Its end is that of a run which never read what it passed over; each way is told once."""
    run, summary = undisturbed
    told = [one for entry in summary.entries for one in entry.get("rewinds", ())]
    assert told
    read, passed = [*range(24)], 0
    for one in told:
        assert one["loss"] > one["limit"]
        assert one["to"] == (one["from"] - 1) // 6 * 6
        passed += one["from"] - one["to"]
        read[one["to"] :] = [step + passed for step in range(one["to"], 24)]
    with jax.set_mesh(make_mesh(1, 1, 1)):
        task = make_task(jumpy, Inputs((sourced,)), run)
        begin = make_fresh(jumpy)
        like = in_place(jax.eval_shape(begin, task.shapes))
        state, update = begin(task.start(like.params)), make_update(jumpy, task.loss, {})
        source = batches(task.rows, jumpy.train.batch_size, jumpy.data.shuffle_seed)
        for number in read:
            state, _, _ = update(state, source[number])
    jax.tree.map(np.testing.assert_array_equal, state.params, load(run).params)


def test_an_interrupted_run_goes_back_alike(
    tmp_path: Path,
    sourced: Path,
    jumpy: TrainSettings,
    undisturbed: tuple[Path, Summary],
) -> None:
    """Stopped after it went back, and resumed, it has the same lines to the bit."""

    def interrupt(progress: Progress) -> None:
        if progress.step >= 20:
            raise Stop

    with pytest.raises(Stop):
        train(jumpy, Inputs((sourced,)), tmp_path, interrupt)
    train(jumpy, Inputs((sourced,)), tmp_path)
    lines = [(run / metrics.FILE_NAME).read_bytes() for run in (tmp_path, undisturbed[0])]
    assert lines[0] == lines[1]


def test_held_out_loss_is_told_by_source(undisturbed: tuple[Path, Summary], sourced: Path) -> None:
    """The mean over the sources' tokens is the whole, and the page has a row of each."""
    run, summary = undisturbed
    told = [entry for entry in summary.entries if "held_out_by" in entry]
    assert [entry["step"] for entry in told] == [6, 12, 18, 24]
    for entry in told:
        by, tokens = entry["held_out_by"], entry["held_out_tokens"]
        assert set(by) == set(tokens) == {"web", "wiki"}
        mean = sum(by[name] * tokens[name] for name in by) / sum(tokens.values())
        assert entry["held_out_loss"] == pytest.approx(mean)
    seen = watched(summary.entries, run)
    speed = Speed(0.0, None, summary.spent)
    text = page(summary.about, [read(sourced)], summary.entries, speed, seen)
    for group in seen.groups:
        assert f'<th scope="row">{group.name}</th>' in text
        assert f"{group.tokens:,}" in text
    assert len(re.findall("<polyline", text)) == 2
    assert "Ways back" in text
    assert "ways back among them" in text
    assert f"<code>best</code> is step {seen.best}" in text
