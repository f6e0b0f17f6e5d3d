"""Looks at gradients and states of any recurrent layer, in any Keras model."""

from rnnkit.diagnostics.activations import ActivationMemory as ActivationMemory
from rnnkit.diagnostics.activations import activation_memory as activation_memory
from rnnkit.diagnostics.attractors import Basins as Basins
from rnnkit.diagnostics.attractors import Bifurcation as Bifurcation
from rnnkit.diagnostics.attractors import FixedPoints as FixedPoints
from rnnkit.diagnostics.attractors import basins as basins
from rnnkit.diagnostics.attractors import bifurcation as bifurcation
from rnnkit.diagnostics.attractors import fixed_points as fixed_points
from rnnkit.diagnostics.attractors import state_map as state_map
from rnnkit.diagnostics.bptt import ScalarBPTT as ScalarBPTT
from rnnkit.diagnostics.bptt import VectorBPTT as VectorBPTT
from rnnkit.diagnostics.bptt import scalar_bptt as scalar_bptt
from rnnkit.diagnostics.bptt import vector_bptt as vector_bptt
from rnnkit.diagnostics.clipping_cliff import Cliff as Cliff
from rnnkit.diagnostics.clipping_cliff import cliff as cliff
from rnnkit.diagnostics.clipping_cliff import cliff_loss as cliff_loss
from rnnkit.diagnostics.gradients import gradient_flow as gradient_flow
from rnnkit.diagnostics.gradients import probe_of as probe_of
from rnnkit.diagnostics.horizon import memory_horizon as memory_horizon
from rnnkit.diagnostics.jacobians import step_jacobians as step_jacobians
from rnnkit.diagnostics.layer_flow import LayerFlow as LayerFlow
from rnnkit.diagnostics.layer_flow import ModelFlow as ModelFlow
from rnnkit.diagnostics.state_jacobians import StepJacobians as StepJacobians
from rnnkit.diagnostics.watching import GradientFlow as GradientFlow
