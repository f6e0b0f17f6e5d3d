"""Datasets that end when their last batch has been read."""


def untuned(dataset):
    """A `tf.data.Dataset` that does not tune itself while it is read.

        model.fit(untuned(dataset), epochs=10)

    TensorFlow 2.21 looks at how a dataset is read after 10 ms, then 20 ms later, 40 ms
    later and so on up to a minute, to find better numbers for what is
    `tf.data.AUTOTUNE` in it; and who has read the last batch waits until it looks the
    next time. So a pass takes up to twice as long, or a minute longer. The batches of
    rnnkit are read without. Arrays given to `fit` are not, as Keras makes the dataset.

    Args:
        dataset: Any `tf.data.Dataset`; where it has `tf.data.AUTOTUNE`, TensorFlow's
            fixed numbers are taken.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
