"""Toy tasks: made to ask one thing of a network, with what knows nothing beside it.

A task is a small frozen record of its sizes, with `sample(count, seed)`, the figure of
what does not look, `baseline()`, and `score(sequences, outputs)`.
"""

from rnnkit.data.tasks.adding import AddingProblem as AddingProblem
from rnnkit.data.tasks.addition import Addition as Addition
from rnnkit.data.tasks.base import Sequences as Sequences
from rnnkit.data.tasks.base import Task as Task
from rnnkit.data.tasks.copying import Copy as Copy
from rnnkit.data.tasks.digits import SequentialDigits as SequentialDigits
from rnnkit.data.tasks.multiplication import Multiplication as Multiplication
from rnnkit.data.tasks.parity import Parity as Parity
from rnnkit.data.tasks.temporal_order import TemporalOrder as TemporalOrder
