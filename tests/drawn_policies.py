"""Policies that tests draw: rules about what cheap detectors find, in many forms."""

from __future__ import annotations

from hypothesis import strategies as st

# Its detectors are all that the drawn policies need.
BROAD = """
name = "broad"
[[corpus]]
labels = ["language.*", "quality.*", "pii.*", "secret.*"]
action = "keep"
"""
LANGUAGE = '[[corpus]]\nlabels = "language.*"\n'
QUALITY = '[[corpus]]\nlabels = "quality.*"\naction = "keep"\n'
FAMILIES = {
    "language": st.just(LANGUAGE + 'action = "keep"\n')
    | st.builds(
        lambda limit, code: (
            LANGUAGE + f'any_of = "language.{code}"\nbelow = {limit}\naction = "drop"\n'
        ),
        st.sampled_from([0.2, 0.6, 0.99]),
        st.sampled_from(["en", "de"]),
    ),
    "quality": st.builds(
        lambda low, share: (
            QUALITY
            + f'[[corpus]]\nlabels = "quality.gopher.word_count"\noutside = [{low}, 200]\n'
            + 'action = "drop"\n[[corpus]]\nlabels = "quality.gopher.stop_words"\n'
            + f'below = {share}\naction = "drop"\n'
        ),
        st.sampled_from([0, 8, 20, 40]),
        st.integers(0, 3),
    ),
    "pii": st.builds(
        lambda action, above, when, more: (
            f'[[corpus]]\nlabels = "pii.*"\n{action}\nabove = {above}\n{when}\n{more}\n'
            + '[[corpus]]\nlabels = "pii.*"\naction = "keep"\n'
        ),
        st.sampled_from(
            [
                'action = "redact"',
                'action = "drop"',
                'action = "keep"',
                'action = "mask"\nchars_to_mask = 3',
                'action = "replace"\nnew_value = "1.2.3.4"',
            ]
        ),
        st.sampled_from([0, 0.3, 0.5, 0.9]),
        st.sampled_from(["", 'when = { language = "en" }', 'when = { site = "s1" }']),
        st.sampled_from(["", "count_above = 1", "share_above = 0.2"]),
    ),
    "site": st.just('[[columns]]\ncolumn = "site"\nis = "s1"\n'),
    "secrets": st.just('[[corpus]]\nlabels = "secret.*"\naction = "redact"\n'),
}
# Rules of any of these families, in the order of their names.
policies = st.fixed_dictionaries({}, optional=FAMILIES).filter(bool)
