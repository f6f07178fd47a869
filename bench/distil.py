"""Does a student of a teacher beat itself learning from text alone, at equal tokens?

    python bench/distil.py DATA [--teacher-steps 250] [--steps 100] [--seeds 3]

A teacher is trained on half of the documents that a job kept (DATA, the folder of `gemsieve
filter`). Students a few times smaller read rows of the other half, none twice: each seed is of
their first parameters and of the order, and the same for every loss. All are measured by the loss
of the next token on the same held-out documents.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import jax
from small_training import SMALL, Corpus, all_steps, make_settings, measured, read_corpus, trained

from gemsieve.model.checkpoints.about import About
from gemsieve.model.checkpoints.checkpoint import write_model
from gemsieve.model.gemma.transformer import Params, count_parameters, initialise
from gemsieve.model.training.distillation.distil import DistillationSettings
from gemsieve.model.training.distillation.taught import distilled
from gemsieve.model.training.loss import alone, text_loss, text_measures
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import make_update
from gemsieve.model.training.task import Task

_STUDENT = replace(SMALL, embed_dim=48, hidden_dim=96, num_layers=2, num_heads=2, num_kv_heads=1)
_LEARNING_RATE = 6e-3
# How each student learns; None from the text alone.
WAYS: dict[str, DistillationSettings | None] = {
    "next token": None,
    "whole distribution": DistillationSettings(),
    "top 64, bucket": DistillationSettings(likeliest=64),
    "top 8, bucket": DistillationSettings(likeliest=8),
    "top 8, bucket; half text": DistillationSettings(likeliest=8, share=0.5),
    "whole, reverse": DistillationSettings(divergence="reverse"),
}


def main() -> None:
    """Train, and print a table of losses in nats a token."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the output of a filter job")
    parser.add_argument("--teacher-steps", type=int, default=250)
    parser.add_argument("--steps", type=int, default=100, help="of a student")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    taught = make_settings(SMALL, args.teacher_steps, _LEARNING_RATE)
    corpus = read_corpus(args.data, taught)
    teacher = trained(taught, corpus.first, initialise(SMALL, seed=0), order=0)
    settings = make_settings(_STUDENT, args.steps, _LEARNING_RATE)
    evaluate = measured(settings, corpus.held_out)
    sizes = [sum(count_parameters(config)) for config in (SMALL, _STUDENT)]
    print(f"teacher of {sizes[0]:,} parameters, students of {sizes[1]:,}")
    print(f"{'teacher':<26}{measured(taught, corpus.held_out)(teacher):8.4f}", flush=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "teacher"
        write_model(folder, teacher, about(taught, corpus), corpus.tokenizer)
        for name, way in WAYS.items():
            own = replace(settings, distillation=way or DistillationSettings())
            task = distilled(text_of(settings, corpus), own, folder if way else None)
            found = [evaluate(student(own, task, seed)) for seed in range(args.seeds)]
            each = "".join(f"{value:8.4f}" for value in found)
            print(f"{name:<26}{each}   mean {statistics.mean(found):.4f}", flush=True)
    print(f"{time.process_time():.0f} s of processor time")


def about(settings: TrainSettings, corpus: Corpus) -> About:
    """Tell what the experiment's models share."""
    return About(asdict(settings), "", {}, corpus.tokenizer.digest, "bench")


def text_of(settings: TrainSettings, corpus: Corpus) -> Task:
    """Return the task of learning from the text alone."""
    how = settings.model, settings.execution
    shapes = jax.eval_shape(partial(initialise, settings.model, 0))
    return Task(
        rows=corpus.second,
        held_out=corpus.held_out,
        shapes=shapes,
        start=lambda _: initialise(settings.model, 0),
        fixed={},
        loss=text_loss(*how),
        measure=text_measures(*how),
        whole=alone,
        about=about(settings, corpus),
    )


def student(settings: TrainSettings, task: Task, seed: int) -> Params:
    """Return a student's parameters after its steps; the seed is of the first and of the order."""
    update = make_update(settings, task.loss, task.fixed)
    return all_steps(settings, update, task.rows, initialise(settings.model, seed), order=seed)


if __name__ == "__main__":
    main()
