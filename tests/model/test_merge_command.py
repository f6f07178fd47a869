"""`gemsieve merge`: models on disk become one, whole, that tells all it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np
import pytest

from gemsieve.cli import main
from gemsieve.model.checkpoints.checkpoint import write_model
from gemsieve.model.checkpoints.convert import Wanted, convert
from gemsieve.model.checkpoints.forms import Trained, load
from gemsieve.model.checkpoints.origin import MERGED
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.merging.merge import average, slerp, towards
from gemsieve.model.training.train import Summary


@dataclass(frozen=True)
class Family:
    """Hold the folders of a start and of two models that were moved from it."""

    start: Path
    one: Path
    other: Path


def moved(params: Params, seed: int) -> Params:
    """Return parameters with noise added."""
    rng = np.random.default_rng(seed)

    def move(leaf: jax.Array) -> np.ndarray:
        return (np.asarray(leaf) + 0.1 * rng.standard_normal(leaf.shape)).astype(leaf.dtype)

    result: Params = jax.tree.map(move, params)
    return result


@pytest.fixture(scope="module")
def trained(finished: tuple[Path, Summary]) -> Trained:
    """Return the model of a run."""
    return load(finished[0])


@pytest.fixture(scope="module")
def family(
    tmp_path_factory: pytest.TempPathFactory, finished: tuple[Path, Summary], trained: Trained
) -> Family:
    """Return a run, a model in a run's form of other data, and one in Hugging Face's form."""
    folder, about = tmp_path_factory.mktemp("family"), trained.about
    other_data = replace(about, manifest="f" * 64, policy={"name": "strict", "sha256": "e" * 64})
    one, draft = folder / "one", folder / "draft"
    write_model(one, moved(trained.params, 1), other_data, trained.tokenizer, 7)
    write_model(draft, moved(trained.params, 2), about, trained.tokenizer, 7)
    convert(draft, folder / "other", Wanted(to="hf"))
    return Family(finished[0], one, folder / "other")


def run(family: Family, target: Path, *more: str) -> int:
    """Merge the two models by the command."""
    return main(["merge", str(family.one), str(family.other), "--output", str(target), *more])


def equal(found: Params, expected: Params) -> None:
    """Assert that two models hold equal numbers."""
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_writes_what_the_formulas_give(tmp_path: Path, family: Family) -> None:
    """The command's models are, to the bit, those of `slerp`, `average` and `towards`."""
    start, *tuned = (load(path).params for path in (family.start, family.one, family.other))
    begin = ("--start", str(family.start))
    assert run(family, tmp_path / "arc", *begin, "--towards-start", "0.25") == 0
    equal(load(tmp_path / "arc").params, towards(start, slerp(start, tuned), 0.75))
    assert run(family, tmp_path / "mean", "--method", "average", "--weights", "1,3") == 0
    equal(load(tmp_path / "mean").params, average(tuned, [1, 3]))


def test_tells_all_it_comes_from(tmp_path: Path, family: Family, trained: Trained) -> None:
    """Manifests, policies and parameters of parents are told, and a conversion keeps them."""
    assert run(family, tmp_path / "made", "--start", str(family.start)) == 0
    convert(tmp_path / "made", tmp_path / "hf", Wanted(to="hf"))
    about = load(tmp_path / "hf").about
    assert about.warning is None
    assert about == load(tmp_path / "made").about
    assert about.manifest == f"{'f' * 64}+{trained.about.manifest}"
    assert about.policy["name"] == "strict+test"
    table = about.settings[MERGED]
    assert [parent["manifest"][:1] for parent in table["models"]] == ["f", about.manifest[65]]
    assert table["start"]["step"] == trained.step
    assert len({parent["parameters"] for parent in [table["start"], *table["models"]]}) == 3
    assert load(tmp_path / "made").tokenizer.digest == trained.tokenizer.digest


def test_one_unverified_parent_is_enough(
    tmp_path: Path, family: Family, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    """A merger with a model that nothing vouches for says so at once and ever after."""
    foreign = replace(trained.about, manifest="", policy={}, imported="Hugging Face")
    start = tmp_path / "start"
    write_model(start, trained.params, foreign, trained.tokenizer, 7)
    assert run(family, tmp_path / "made", "--start", str(start)) == 0
    assert "imported from Hugging Face, unverified" in capsys.readouterr().err
    about = load(tmp_path / "made").about
    assert about.warning is not None
    assert about.policy == {}
    assert about.settings[MERGED]["models"][0]["manifest"] == "f" * 64


def test_refuses_what_does_not_go_together(
    tmp_path: Path, family: Family, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another shape, type or tokenizer, whole numbers and odd options are named; none writes."""
    other = Tokenizer(trained.tokenizer.content + b"\x12\x00")  # an empty field more
    about = replace(trained.about, tokenizer=other.digest)
    write_model(tmp_path / "other", trained.params, about, other, 7)
    convert(family.start, tmp_path / "half", Wanted(to="orbax", dtype="bfloat16"))
    convert(family.start, tmp_path / "wide", Wanted(to="orbax", vocab=310))
    convert(family.start, tmp_path / "int8", Wanted(to="orbax", bits=8))
    before = sorted(tmp_path.iterdir())
    whole = Family(family.start, tmp_path / "int8", tmp_path / "int8")
    target, average_of = tmp_path / "made", ("--method", "average")
    cases = [
        (("--start", str(tmp_path / "other")), "its tokenizer is"),
        (("--start", str(tmp_path / "half")), "its type is bfloat16"),
        (("--start", str(tmp_path / "wide")), "its vocab_size is 310"),
        (("--start", str(tmp_path)), "no checkpoint here"),
        ((), "slerp needs the start"),
        (("--start", str(family.start), "--weights", "1,2"), "weights are of an average"),
        (("--start", str(family.start), "--towards-start", "1.5"), "from 0 to 1, not 1.5"),
        ((*average_of, "--start", str(family.start)), "and else none"),
        ((*average_of, "--weights", "1"), "must be 2 numbers"),
        ((*average_of, "--weights", "1;2"), "write numbers"),
    ]
    for more, message in cases:
        assert run(family, target, *more) == 2, message
        assert message in capsys.readouterr().err
    assert run(whole, target, *average_of) == 2
    assert "quantised" in capsys.readouterr().err
    assert run(family, tmp_path / "half", *average_of) == 2
    assert "there already" in capsys.readouterr().err
    assert main(["merge", str(family.one), "--output", str(target), *average_of]) == 2
    assert "two models or more" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
