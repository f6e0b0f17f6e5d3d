"""Pictures: how often each task is answered well, and what was looked at."""

import numpy as np
from matplotlib.figure import Figure

INK, MUTED, GRID = "#1f2430", "#6b7280", "#e5e7eb"
OURS, THEIRS, PUBLISHED, LEAST = "#2563eb", "#ea580c", "#059669", "#6b7280"


def draw_accuracies(figures, published, path):
    """Draw a group of marks for each task.

    Args:
        figures: `{task: {system: accuracy}}`.
        published: the published LSTM's percents, QA1 first, or None.
        path: where to write the picture.
    """
    tasks = list(figures)
    figure = Figure(figsize=(11, 4.2), dpi=120, layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(tasks))

    def values(system):
        return [figures[task][system] for task in tasks]

    axes.bar(places - 0.2, values("ours"), 0.4, color=OURS, label="question reduced")
    axes.bar(places + 0.2, values("LSTM"), 0.4, color=THEIRS, label="LSTM")
    if published:
        marks = [published[task - 1] / 100 for task in tasks]
        axes.plot(
            places + 0.2, marks, "D", ms=5, color=PUBLISHED, label="LSTM, published"
        )
    axes.hlines(
        values("the most frequent answer"),
        places - 0.45,
        places + 0.45,
        color=LEAST,
        label="the most frequent answer",
    )
    axes.set_xticks(places, [f"QA{task}" for task in tasks])
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share of right answers")
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    figure.savefig(path)


def draw_looks(rows, path):
    """Draw stories, and beside each sentence how much each layer took from it.

    Args:
        rows: list of `(name, question, answer, looked)`: a `rnnkit.data.Question`,
            what the network answered, and `(layers, sentences)`; sentences on which
            the true answer rests are bold.
        path: where to write the picture.
    """
    heights = [looked.shape[1] + 3 for *_, looked in rows]
    figure = Figure(figsize=(7.5, 0.19 * sum(heights)), dpi=120, layout="constrained")
    panels = figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights).flat
    for axes, (name, question, answer, looked) in zip(panels, rows):
        skipped = len(question.story) - looked.shape[1]
        axes.imshow(looked.T, aspect="auto", cmap="Blues", vmin=0, vmax=1, extent=None)
        labels = axes.set_yticks(
            range(looked.shape[1]),
            question.story[skipped:],
            fontsize=7.5,
            parse_math=False,
        )
        for place, label in enumerate(labels):
            bold = place + skipped in question.facts
            label.label1.set_fontweight("bold" if bold else "normal")
        axes.set_xticks(range(len(looked)), range(1, len(looked) + 1), fontsize=7.5)
        axes.set_xlabel("reading", fontsize=7.5)
        axes.tick_params(length=0, labelcolor=INK)
        axes.spines[:].set_color(GRID)
        right = "" if answer == question.answer else f" (it is {question.answer})"
        axes.set_title(
            f"{name}: {question.question} {answer}{right}",
            loc="left",
            fontsize=9,
            color=MUTED,
            parse_math=False,
        )
    figure.savefig(path)
