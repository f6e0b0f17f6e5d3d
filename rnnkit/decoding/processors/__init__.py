"""What changes the log-probabilities of a search, one a file."""

from rnnkit.decoding.processors.base import Processor as Processor
