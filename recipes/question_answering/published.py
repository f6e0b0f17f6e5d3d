"""What others reached on bAbI with 1,000 questions a task, in percent, QA1 first."""

WESTON = "[Weston et al., 2015](https://arxiv.org/abs/1502.05698), table 3"
LSTM = (50, 20, 20, 61, 70, 48, 49, 45, 64, 44, 72, 74, 94, 27, 21, 23, 51, 52, 8, 91)
KERAS_EXAMPLE = (
    "[examples/babi_rnn.py](https://github.com/keras-team/keras/blob/0eea5f8867bb2ef68c"
    "116e7c827436f59ef11a2e/examples/babi_rnn.py), the figures in its text"
)
KERAS = (
    *(100.0, 50.0, 20.5, 62.9, 61.9, 50.7, 78.9, 77.2, 64.0, 47.7),
    *(74.9, 76.4, 94.4, 34.8, 32.4, 50.6, 49.1, 90.8, 9.0, 90.7),
)
