"""The shapes of recurrent networks, a function each: what is built is what is here."""

import keras
from keras.layers import Dense, Embedding, Input

import rnnkit
from rnnkit import layers


def no_output(symbols):
    x = Input((None, symbols))
    net = layers.SimpleRNN(128, recurrent_initializer="orthogonal", trainable=False)
    state = net(x)  # all that the net gives; nothing in it learns
    return keras.Model(x, Dense(symbols)(state))  # who reads it learns


def output_at_the_end(symbols):
    x = Input((None,), dtype="int32")
    h = layers.GRU(32)(Embedding(symbols, 8)(x))  # after the last step
    return keras.Model(x, Dense(1)(h))


def output_at_each_step(symbols):
    x = Input((None,), dtype="int32")
    h = layers.GRU(32, return_sequences=True)(Embedding(symbols, 8)(x))
    return keras.Model(x, Dense(symbols)(h))


def sequence_to_vector(symbols, width):
    x = Input((None,), dtype="int32")
    c = layers.LSTM(64)(Embedding(symbols, 8)(x))  # the sequence, summed up
    return keras.Model(x, Dense(width)(Dense(64, "relu")(c)))


def vector_to_sequence(width, symbols):
    x = Input((width,))
    before = Input((None,), dtype="int32")  # y, each symbol one step late
    state = Dense(128, "tanh")(x)
    y = layers.GRU(128, return_sequences=True)(
        Embedding(symbols, 32)(before), initial_state=state
    )
    return keras.Model([x, before], Dense(symbols)(y))


def output_to_hidden(symbols, outputs):
    x, y = Input((None, symbols)), Input((None, outputs))
    net = layers.Jordan(
        32, output_units=outputs, output_activation="softmax", return_sequences=True
    )
    training = keras.Model([x, y], layers.TeacherForced(net)(x, y))
    return training, keras.Model(x, net(x))  # fed the truth; fed its own outputs


def encoder_decoder(source_tokens, target_tokens):
    encoder = layers.Bidirectional(layers.GRU(64))
    decoder = layers.GRU(128)
    return rnnkit.models.Seq2Seq(
        source_tokens, target_tokens, [encoder], decoder, embedding_dim=32
    )
