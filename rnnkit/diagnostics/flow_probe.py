"""One traced pass that sees every recurrent layer's way back."""

import keras
import tensorflow as tf

from rnnkit.diagnostics.backward import SeenRun
from rnnkit.diagnostics.inside import name_of, nothing_ran
from rnnkit.diagnostics.layer_flow import LayerFlow, ModelFlow
from rnnkit.layers.inner_loop import recurrent_layers, replaced
from rnnkit.ops.tracing import graph


class FlowProbe:
    """Looks into a model, `(x, y, sample_weight)` to a `ModelFlow`; traced once."""

    def __init__(self, model):
        self.model = model
        self.layers = recurrent_layers(model)
        self.runs = []
        self._see = graph(self._run, reduce_retracing=True)

    def __call__(self, x, y, sample_weight):
        loss, gradients, masks = self._see(x, y, sample_weight)
        layers = {}
        for run, seen, mask in zip(self.runs, gradients, masks):
            *states, echo, passed, tally = [value.numpy() for value in seen]
            layers[run.name] = LayerFlow(
                name=run.name,
                gradients=dict(zip(run.function.state_names, states)),
                left=echo,
                passed=passed,
                weights=dict(zip(run.function.weight_names, tally.T)),
                mask=mask.numpy().T,
                go_backwards=run.layer.go_backwards,
            )
        return ModelFlow(loss=float(loss), layers=layers)

    def _run(self, x, y, sample_weight):
        runs = []

        def forward(layer, sequences, states, mask):
            runs.append(SeenRun(layer, name_of(layer, [r.name for r in runs])))
            return runs[-1](sequences, states, mask, tape)

        seen = replaced(self.layers, forward)
        with tf.GradientTape() as tape, keras.StatelessScope(), seen:
            y_pred = self.model(x, training=False)
            loss = self.model.compute_loss(
                x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False
            )
        if not runs:
            raise nothing_ran(self.model.name)
        gradients = tape.gradient(loss, [run.carriers for run in runs])
        for run, found in zip(runs, gradients):
            if any(g is None for g in found):
                raise ValueError(
                    f"No gradient reaches layer {run.name!r}: the loss does not "
                    "depend on it, or it runs inside a loop of another layer's."
                )
        self.runs = runs
        return loss, gradients, [run.mask for run in runs]
