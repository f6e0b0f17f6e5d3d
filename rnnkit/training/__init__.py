"""What happens around `fit`: samples, checkpoints, pictures."""

from rnnkit.training.checkpoint import CheckpointError as CheckpointError
from rnnkit.training.files import atomic_write as atomic_write
from rnnkit.training.pictures import plot_alignments as plot_alignments
from rnnkit.training.pictures import plot_history as plot_history
from rnnkit.training.plots import plot_training as plot_training
from rnnkit.training.resume import Resume as Resume
from rnnkit.training.resume import fit as fit
from rnnkit.training.sample_text import SampleText as SampleText
