"""Looks at gradients and states of any recurrent layer, in any Keras model."""

from rnnkit.diagnostics.jacobians import step_jacobians as step_jacobians
from rnnkit.diagnostics.state_jacobians import StepJacobians as StepJacobians
