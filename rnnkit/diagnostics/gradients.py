"""Gradients on their way back through every recurrent layer of a model."""

from keras import tree

from rnnkit.diagnostics.inside import needs_tensorflow


def gradient_flow(model, x, y=None, sample_weight=None):
    """What becomes of the loss's gradient on its way back, by layer and by step.

    For every recurrent layer in a compiled model, rnnkit's or Keras': dL/ds_t, the
    total derivative, of every state at every step, and what each step gives to
    dL/dW. Dropouts are off, and no variable changes. Steps are in the order in which
    the layer makes them.

    A decoder whose output is fed back, such as `AttentionDecoder` with input feeding,
    and `TeacherForced` run cells in loops of their own: those are not seen.

    It is one forward and one backward pass of the model, in which the recurrent
    layers run in plain loops, and each step once more on the way back; the model is
    traced for it, as for a first training step. To look often, trace once: `probe_of`.

    Args:
        model: A compiled Keras model.
        x, y, sample_weight: One batch, as `fit` takes it.

    Returns:
        A `ModelFlow`.

    Raises:
        ValueError: The model has no recurrent layer, none that runs over a sequence,
            or no gradient reaches one.
        RuntimeError: The backend is not TensorFlow.
    """
    return probe_of(model, x, y, sample_weight)()


def probe_of(model, x, y=None, sample_weight=None):
    """A function without arguments: `gradient_flow` of this batch, traced once.

    From its second call on, a look costs at most three training steps.
    """
    needs_tensorflow()
    import tensorflow as tf

    from rnnkit.diagnostics.flow_probe import FlowProbe

    def tensor(value):
        return None if value is None else tf.convert_to_tensor(value)

    batch = [tree.map_structure(tensor, v) for v in (x, y, sample_weight)]
    if not model.built:
        model(batch[0])
    probe = FlowProbe(model)
    return lambda: probe(*batch)
