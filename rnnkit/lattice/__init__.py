"""Sums and best paths over all alignments of two sequences."""

from rnnkit.lattice import ctc as ctc
from rnnkit.lattice import hmm as hmm
