"""The places of strings in a list of strings, in a TensorFlow graph."""

import functools

import numpy as np


class Places:
    """A function from strings to their places in a list, in plain operations.

    There is no table that a graph would have to hold as a resource: a saved function
    carries the list in itself.

    Args:
        strings: Distinct `str`.
    """

    def __init__(self, strings):
        self._strings = [string.encode() for string in strings]

    def __call__(self, strings):
        """Strings `(n,)` → int32 places `(n,)`, -1 for those not in the list."""
        import tensorflow as tf

        if not self._strings:
            return tf.fill(tf.shape(strings), -1)
        hashes, places = self._sorted
        with tf.device("CPU"):
            found = tf.searchsorted(hashes, _hashes(strings))
            found = tf.gather(places, tf.minimum(found, len(places) - 1))
            same = tf.equal(tf.gather(tf.constant(self._strings), found), strings)
            return tf.where(same, found, -1)

    @functools.cached_property
    def _sorted(self):
        import tensorflow as tf

        with tf.init_scope(), tf.device("CPU"):
            hashes = _hashes(tf.constant(self._strings)).numpy()
        places = np.argsort(hashes).astype("int32")
        return hashes[places], places


def _hashes(strings):
    import tensorflow as tf

    # Of so many values that two strings of a list do not share one.
    return tf.strings.to_hash_bucket_fast(strings, 2**63 - 1)
