"""The model, what it writes while it learns, and where it looks."""

import keras
from pairs import MEASURES, scores, spread

import rnnkit


def build(config, vocabularies):
    """Return the `Seq2Seq` of a configuration, not compiled."""
    layers = rnnkit.layers
    above = [config.dropout * (k > 0) for k in range(config.layers)]  # of the inputs
    encoder = [
        layers.LSTM(config.units, dropout=share, return_sequences=True)
        for share in above
    ]
    if config.bidirectional:
        encoder = [layers.Bidirectional(one) for one in encoder]
    if config.attention == "none":
        decoder = layers.DeepRecurrent(
            [
                layers.LSTM(config.decoder_units, dropout=share, return_sequences=True)
                for share in above
            ]
        )
    else:
        cells = [
            rnnkit.cells.LSTMCell(config.decoder_units, dropout=share)
            for share in above
        ]
        cell = layers.AttentionCell(
            cells, attention(config), input_feeding=config.input_feeding
        )
        decoder = layers.AttentionDecoder(cell)
    return rnnkit.models.Seq2Seq(
        *vocabularies,
        encoder,
        decoder,
        embedding_dim=config.embedding_dim,
        dropout=config.dropout,
        reverse_source=config.reverse_source,
    )


def attention(config):
    """Return the attention that a configuration names."""
    if config.attention == "additive":
        return rnnkit.layers.AdditiveAttention(config.decoder_units)
    if config.attention == "general":
        return rnnkit.layers.GeneralAttention()
    raise SystemExit(
        f"No attention {config.attention!r}; there are additive, general and none."
    )


def search(config, alpha):
    """Return the options of a beam search."""
    penalty = rnnkit.decoding.WuLength(alpha) if alpha else None
    return {"beam_width": config.beam_width, "length_penalty": penalty}


def best_alpha(model, valid, config):
    """Return the length penalty's alpha that serves the validation part best."""
    if len(config.alphas) == 1:
        return config.alphas[0]
    found = {}
    for alpha in config.alphas:
        written = model.translate(valid.sources, **search(config, alpha))
        found[alpha] = scores(config, written, valid.targets)[MEASURES[config.data]]
    return max(found, key=found.get)


class Samples(keras.callbacks.Callback):
    """Prints after each epoch what the model makes of some sources.

    Args:
        pairs: Their `rnnkit.data.Pairs`.
    """

    def __init__(self, pairs):
        super().__init__()
        self.pairs = pairs

    def on_epoch_end(self, epoch, logs=None):
        written = self.model.translate(self.pairs.sources, beam_width=1)
        title = f"after epoch {epoch + 1}"
        print(f"\n--- {title} " + "-" * (66 - len(title)))
        for source, text, truth in zip(self.pairs.sources, written, self.pairs.targets):
            same = "=" if text.lower() == truth.lower() else "≠"
            print(f"  {source}\n  → {text}\n  {same} {truth}\n")


def draw_attention(model, pairs, path, **options):
    """Draw where the model looks as it writes the translations of four sources."""
    from matplotlib.figure import Figure

    plain = [
        all(ord(c) < 0x2000 for c in source) for source in pairs.sources
    ]  # what most fonts can draw
    chosen = spread(pairs.subset(plain), 4)
    figure = Figure(figsize=(13, 7), dpi=110, layout="constrained")
    found = model.translate(chosen.sources, details=True, **options)
    vocabulary = model.target_vocabulary
    names = {vocabulary.end + 1 + k: token for k, token in enumerate(vocabulary.tokens)}
    for axes, source, one in zip(figure.subplots(2, 2).flat, chosen.sources, found):
        rnnkit.training.plot_attention(
            one.attention,
            model.source_vocabulary.tokenize(source),
            [names.get(token, "?") for token in one.tokens.tolist()],
            title=source,
            axes=axes,
        )
    figure.savefig(path)


def draw_training(histories, path, title):
    """Draw the curves of one training, or of each of several.

    Args:
        histories: `{name: history}`.
    """
    together, panels = {}, {}
    for name, history in histories.items():
        together |= {name: history["nats"], f"val_{name}": history["val_nats"]}
        panels[name] = "nats per token" + (f", {name}" if len(histories) > 1 else "")
    rnnkit.training.plot_history(together, panels, path, title)
