"""What whole hypotheses are charged: for their length, for what they left out."""

from rnnkit.decoding.penalties.average_length import average_length as average_length
from rnnkit.decoding.penalties.wu_coverage import WuCoverage as WuCoverage
from rnnkit.decoding.penalties.wu_length import WuLength as WuLength
