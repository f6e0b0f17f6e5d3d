"""What happens around `fit`: samples, checkpoints, pictures."""

from rnnkit.training.adaptive_clipping import AdaptiveClipping as AdaptiveClipping
from rnnkit.training.averaging import AveragedWeights as AveragedWeights
from rnnkit.training.averaging import NonMonotonicAveraging as NonMonotonicAveraging
from rnnkit.training.checkpoint import CheckpointError as CheckpointError
from rnnkit.training.embedding_picture import plot_embeddings as plot_embeddings
from rnnkit.training.files import atomic_write as atomic_write
from rnnkit.training.layer_clipping import LayerClipping as LayerClipping
from rnnkit.training.pictures import plot_alignments as plot_alignments
from rnnkit.training.pictures import plot_attention as plot_attention
from rnnkit.training.pictures import plot_history as plot_history
from rnnkit.training.plots import plot_training as plot_training
from rnnkit.training.resume import Resume as Resume
from rnnkit.training.resume import fit as fit
from rnnkit.training.row_adagrad import RowAdagrad as RowAdagrad
from rnnkit.training.sample_text import SampleText as SampleText
from rnnkit.training.scheduled_sampling import ScheduledSampling as ScheduledSampling
from rnnkit.training.scheduled_sampling import constant as constant
from rnnkit.training.scheduled_sampling import exponential as exponential
from rnnkit.training.scheduled_sampling import inverse_sigmoid as inverse_sigmoid
from rnnkit.training.scheduled_sampling import linear as linear
from rnnkit.training.vanishing import (
    VanishingGradientRegularizer as VanishingGradientRegularizer,
)
