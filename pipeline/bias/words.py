"""The figures of a corpus in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gemsieve.filters.bias.measure_estimate import Estimate
from gemsieve.filters.bias.measure_figures import Figure
from gemsieve.filters.bias.measure_sample import ANY
from gemsieve.filters.bias.measure_words import FEMALE, MALE
from gemsieve.pipeline.report.templates import shown as fit

POLES = {
    "warmth": ("warm", "cold"),
    "competence": ("competent", "incompetent"),
    "agency": ("assertive", "submissive"),
    "appearance": ("attractive", "unattractive"),
    "threat": ("threatening", "peaceful"),
    "status": ("high status", "low status"),
}
PROPER = ("nationality", "race_ethnicity", "religion")  # axes whose groups have capitals, but for:
COMMON = ("agnostic", "atheist", "black", "multiracial", "pagan", "people of color", "white")
NOUNS = (
    *("women", "men", "children", "teenagers", "young people", "middle aged people"),
    *("older people", "people of color"),
)
CONDITIONS = (
    *("adhd", "cerebral palsy", "down syndrome", "dwarfism", "intellectual disability"),
    "mental illness",
)
PERSONS = ("new zealander", "wheelchair user")
ACRONYMS = ("adhd", "lgbtq")
SIDES = {FEMALE: "female words", MALE: "male words"}


def points(value: float) -> str:
    """Return a share in percent."""
    return f"{100 * value:.1f} %"


def plain(value: float) -> str:
    """Return a number with the decimals that tell something."""
    return (
        f"{value:,.0f}"
        if abs(value) >= 100
        else f"{value:.1f}"
        if abs(value) >= 10
        else f"{value:.2f}"
    )


def small(value: float) -> str:
    """Return a number between -1 and 1."""
    return minus(f"{value:.3f}")


def moved(value: float, digits: int) -> str:
    """Return a difference with its sign; what rounds to nothing has none."""
    text = f"{value:+.{digits}f}"
    return minus(text if text.strip("+-0.") else text[1:])


def minus(text: str) -> str:
    """Return a number with a real minus sign."""
    return text.replace("-", "−")


@dataclass(frozen=True)
class Wording:
    """How one measure is told: its subject, with places for names, how numbers look, and a unit."""

    subject: str
    shown: Callable[[float], str]
    unit: str = ""


WORDINGS = {
    "mentions": Wording("mentions of {0}", plain, " per million words"),
    "documents": Wording("the share of documents that mention {0}", points),
    "toxicity": Wording("the mean toxicity of {0}", small),
    "toxic": Wording("the share of {0} above the limit of toxicity", points),
    "sentiment": Wording("the mean sentiment of {0}", small),
    "pole": Wording("the tie (nPMI) of {0} to {1} traits", small),
    "trait": Wording("the tie (nPMI) of {0} to “{1}”", small),
    "occupation": Wording("the tie (nPMI) of {0} to “{1}”", small),
    "occupation_female": Wording("the share of female words beside “{0}”", points),
    "she": Wording("the share of “she” in “she” and “he” in {0}", points),
    "they": Wording("the share of “they” in “she”, “he” and “they” in {0}", points),
    "female_words": Wording("the share of female words in gendered words in {0}", points),
    "generic": Wording(
        "generalisations about {0}", plain, " per 1,000 sentences that mention them"
    ),
    "generic_toxic": Wording(
        "the share of generalisations about {0} above the limit of toxicity", points
    ),
}
SENTENCES = ("toxicity", "toxic", "sentiment")
BY_SOURCE = ("she", "they", "female_words")


def name(part: str) -> str:
    """Return a group, trait, pole or occupation as people call it."""
    kind, *rest = part.split(".")
    if part in SIDES:
        return SIDES[part]
    if kind == "pole":
        return POLES[rest[0]][rest[1] == "low"]
    if not rest:
        return part
    words = rest[-1].replace("_", " ")
    if words in ACRONYMS:
        return words.upper()
    proper = rest[0] in PROPER and words not in COMMON
    return words.title() if proper else words


def axis(figure: Figure) -> str:
    """Return what a figure's group is compared by, such as `religion`; "" where it is of none."""
    if figure.measure in BY_SOURCE or not figure.of[0].startswith("identity."):
        return ""
    return figure.of[0].split(".")[1].replace("_", " ")


def people(part: str) -> str:
    """Return a group as a phrase: "Muslim people"."""
    words = name(part)
    if not part.startswith("identity.") or words.lower() in NOUNS:
        return words
    if words.lower() in CONDITIONS:
        return f"people with {words}"
    return f"{words}s" if words.lower() in PERSONS else f"{words} people"


def told(figure: Figure) -> str:
    """Return what a figure is of, as a phrase."""
    wording = WORDINGS[figure.measure]
    if figure.measure in BY_SOURCE:
        return wording.subject.format(fit(figure.of[0]) or "all sources")
    names = [people(part) for part in figure.of]
    if figure.measure == "occupation_female" and figure.of == (ANY,):
        return "the share of sentences with female words in sentences about people"
    if figure.measure in SENTENCES:
        names = ["all sentences" if figure.of == (ANY,) else f"sentences that mention {names[0]}"]
    return wording.subject.format(*names)


def row(figure: Figure) -> str:
    """Return what a line of a table is called: the last of what its figure is of, or both."""
    if figure.measure in BY_SOURCE:
        return figure.of[0] or "all sources"
    if figure.of == (ANY,):
        return "all"
    names = [name(part) for part in figure.of]
    return " · ".join(reversed(names)) if figure.measure == "occupation" else names[-1]


def shown(figure: Figure, estimate: Estimate | None) -> str:
    """Return a value of a figure as text."""
    return "–" if estimate is None else WORDINGS[figure.measure].shown(estimate.value)


def interval(figure: Figure, estimate: Estimate | None) -> str:
    """Return an interval of a figure as text."""
    if estimate is None:
        return ""
    words = WORDINGS[figure.measure].shown
    return f"{words(estimate.low)} – {words(estimate.high)}"


def change(figure: Figure) -> tuple[str, str]:
    """Return a change and its interval: a ratio, points, or a difference."""
    found = figure.change
    if found is None:
        return "–", ""
    if found.value == found.low == found.high == figure.ratio:
        return "none", ""
    if figure.ratio:
        return f"× {found.value:.2f}", f"{found.low:.2f} – {found.high:.2f}"
    scale, digits = (100, 1) if WORDINGS[figure.measure].shown is points else (1, 3)
    value, low, high = (moved(scale * v, digits) for v in (found.value, found.low, found.high))
    return value + (" points" if scale > 1 else ""), f"{low} – {high}"


def sentence(figure: Figure) -> str:
    """Return a change as a sentence."""
    subject, wording = told(figure), WORDINGS[figure.measure]
    if figure.change is None:
        return f"{subject[0].upper()}{subject[1:]} cannot be compared."
    rose = figure.change.value > figure.ratio
    after = shown(figure, figure.after.estimate if figure.after else None)
    before = shown(figure, figure.before.estimate)
    verb = "rose" if rose else "fell"
    if after == "–":
        after = "too few to tell" if figure.change.value else "none"
    value, bounds = change(figure)
    return (
        f"{subject[0].upper()}{subject[1:]} {verb} from {before}{wording.unit} to {after}:"
        f" {value} ({bounds})."
    )
