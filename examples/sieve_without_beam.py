"""The filter of the Beam job, without Beam: on any iterator of texts, and on a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from datasets import Dataset

from gemsieve.filters import Filter, load_filter
from gemsieve.filters.over import mapped, verdicts

TEXT = (
    "Thank you for your letter about the garden. The beds along the wall have been dug over, and"
    " the roses that you sent are in the ground. They will need water in the evening for the first"
    " two weeks, and some shade at noon. If you have any questions, then please write to"
    " rosa.gardener@example.org, and we will answer as soon as we can. The gate is open on Sunday."
)


def sieved(texts: Iterable[str], judge: Filter) -> Iterator[str]:
    """Yield the texts that the policy keeps, redacted where it says so, in order."""
    for verdict in verdicts(judge, texts, "corpus"):
        if verdict.redacted is not None:
            yield verdict.redacted


def sieved_dataset(dataset: Dataset, judge: Filter) -> Dataset:
    """Return the rows of a data set whose `text` the policy keeps, with action and reasons."""
    judged = dataset.map(mapped(judge, "corpus"), batched=True)
    return judged.filter(lambda row: row["text"] is not None)


def main() -> None:
    """Sieve a text worth keeping and one that is not, both ways."""
    judge = load_filter()  # or load_filter("my-policy.toml")
    judge.setup("corpus")  # loads the models once; the first call would as well
    texts = [TEXT, "too short"]
    for text in sieved(texts, judge):
        print(text)
    for row in sieved_dataset(Dataset.from_dict({"text": texts}), judge):
        print(row["action"], len(row["text"]))


if __name__ == "__main__":
    main()
