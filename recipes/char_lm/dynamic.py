"""Read the held-out text of a finished run with a model that goes on learning from it.

python recipes/char_lm/train.py
python recipes/char_lm/dynamic.py
python recipes/char_lm/dynamic.py --trained tinyshakespeare
"""

import dataclasses
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras
import numpy as np
import train
from pictures import draw_reading

import rnnkit
from rnnkit import recipe

LEARNING = "bits per character, dynamic evaluation"
FIXED = "bits per character, weights fixed"


@dataclasses.dataclass(frozen=True)
class Config:
    trained: str = "small"
    """The run whose model is taken: the name of its folder in runs/char_lm."""
    characters: int | None = None
    """Characters of the held-out text, the first ones; None for all."""
    learning_rate: float = 1e-3
    steps: int = 50
    """Characters in a stretch, from which the model learns once it is predicted."""
    stretches: int = 300
    """Stretches of the training text, its last ones, which tell how large the gradients
    of each weight are."""


PRESETS = {
    "small_dynamic": Config(),
    "stdlib_dynamic": Config("stdlib"),
    "smoke_dynamic": Config("smoke", characters=3_000, stretches=20),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "small_dynamic", __doc__, arguments)
    model, learnt, held_out, seed = trained(config)
    weights = (weight.tobytes().hex() for weight in model.get_weights())
    facts = {
        "sha256 of the data": recipe.text_digest([held_out]),
        "sha256 of the weights": recipe.text_digest(weights),
    }
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("char_lm", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run)
    print(f"{len(held_out):,} characters held out.", flush=True)
    fixed, learning = read(model, learnt, held_out, config)
    rows = {"weights fixed": fixed, "dynamic evaluation": learning}
    draw_reading(rows, run.path("reading.png"))
    run.finish(
        preset,
        metrics={LEARNING: mean_bits(learning), FIXED: mean_bits(fixed)},
        baselines=recipe.text_baselines(model.vocabulary, learnt, held_out),
        published={},
        seeds=[seed],
        seconds=beginning.seconds(),
    )
    return report(run)


def trained(config):
    """What a finished run leaves: its model, training and held-out text, and seed."""
    folder = pathlib.Path("runs", "char_lm", config.trained)
    if not (folder / "results.json").exists():
        raise SystemExit(
            f"{folder} holds no finished run. Train first, such as by `python "
            "recipes/char_lm/train.py`, or name another with --trained."
        )
    before = json.loads((folder / "config.json").read_text())
    digest = before.pop("sha256 of the data")
    fields = {field.name for field in dataclasses.fields(train.Config)}
    if before.keys() != fields or not (folder / "model.keras").exists():
        raise SystemExit(f"{folder} holds no run of recipes/char_lm/train.py.")
    texts = train.read_texts(train.Config(**before))
    if recipe.text_digest(texts) != digest:
        raise SystemExit(f"The texts are others than those that {folder} was run on.")
    model = keras.saving.load_model(folder / "model.keras")
    return model, texts[0], texts[2][: config.characters], before["seed"]


def read(model, learnt, held_out, config):
    """Bits of every character, of the model as it is and as it goes on learning."""
    fixed = -model.score(held_out).log_probs / np.log(2)
    dynamic = rnnkit.models.DynamicEvaluation(
        model, config.learning_rate, steps=config.steps
    )
    last = learnt[-(config.steps * config.stretches + 1) :]
    dynamic.gather(rnnkit.data.text_streams(last, model.vocabulary, 1, config.steps))
    print(f"With fixed weights {mean_bits(fixed):.3f} bits; now it learns.", flush=True)
    scores = dynamic.score(held_out, verbose=int(sys.stdout.isatty()))
    return fixed, -scores.log_probs / np.log(2)


def mean_bits(bits):
    """Their mean, as JSON takes it."""
    return float(bits.mean())


def report(run):
    """Print the results and where everything is; returns the exit status."""
    rows = {**run.results["metrics"], **run.results["baselines"]}
    rows = sorted(rows.items(), key=lambda row: row[1])
    return recipe.report(
        run,
        {"reading.png": "bits along the held-out text"},
        "Bits per character of the held-out text",
        [f"  {bits:.3f}  {name}" for name, bits in rows],
    )


if __name__ == "__main__":
    sys.exit(main())
