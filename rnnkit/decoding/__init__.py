"""From scores to symbols. Knows `next_step(tokens, state)`, never a model."""

from rnnkit.decoding.generation import generate as generate
from rnnkit.decoding.sampling import sample as sample
from rnnkit.decoding.sampling import temper as temper
from rnnkit.decoding.sampling import top_k as top_k
from rnnkit.decoding.sampling import top_p as top_p
