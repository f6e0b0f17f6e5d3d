"""What others reached, with where it stands."""

PASCANU = "[Pascanu et al., 2013](https://arxiv.org/abs/1211.5063)"
BAI = "[Bai et al., 2018](https://arxiv.org/abs/1803.01271), table 1"
INDRNN = "[Li et al., 2018](https://arxiv.org/abs/1803.04831), table 1"
PUBLISHED = {
    "temporal_order_200": {
        "share of runs solved, T = 200, clip + omega": [1.0, PASCANU],
    },
    "adding": {
        "MSE, GRU": [5.3e-5, f"{BAI}, 70 K parameters"],
        "MSE, LSTM": [0.164, f"{BAI}, 70 K parameters"],
        "MSE, RNN": [0.177, f"{BAI}, 70 K parameters"],
    },
    "mnist": {
        "accuracy, GRU": [0.962, f"{BAI}, 70 K parameters"],
        "accuracy, LSTM": [0.872, f"{BAI}, 70 K parameters"],
        "accuracy, RNN": [0.215, f"{BAI}, 70 K parameters"],
        "accuracy, IndRNN": [0.990, f"{INDRNN}, 6 layers of 128"],
    },
}
