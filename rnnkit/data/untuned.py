"""Datasets that end when their last batch has been read."""


def untuned(dataset):
    """A `tf.data.Dataset` that does not tune itself while it is read.

        model.fit(untuned(dataset), epochs=10)

    TensorFlow (2.21 was looked at) sees how a dataset is read after 10 ms, then 20 ms
    later, 40 ms later and so on up to a minute, to find better numbers for what is
    `tf.data.AUTOTUNE` in it; and who has read the last batch waits until it looks the
    next time. So a pass takes up to twice as long, or a minute longer. The datasets
    that rnnkit makes of texts and sequences do not tune themselves. Arrays and
    `PyDataset`s given to Keras' own `fit` wait: Keras makes their dataset itself.

    Args:
        dataset: Any `tf.data.Dataset`.

    Returns:
        The same, with TensorFlow's fixed numbers for `tf.data.AUTOTUNE`.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
