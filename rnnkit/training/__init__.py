"""What happens around `fit`: samples, checkpoints, pictures."""

from rnnkit.training.checkpoint import CheckpointError as CheckpointError
from rnnkit.training.files import atomic_write as atomic_write
from rnnkit.training.plots import plot_training as plot_training
from rnnkit.training.resume import Resume as Resume
from rnnkit.training.resume import fit as fit
from rnnkit.training.sample_text import SampleText as SampleText
