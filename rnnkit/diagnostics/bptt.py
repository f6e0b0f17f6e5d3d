"""Back-propagation through time, written out in NumPy."""

import dataclasses

import numpy as np


def sigmoid(z):
    """1 / (1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))


# φ and φ', of z.
ACTIVATIONS = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "linear": (lambda z: z, np.ones_like),
}


@dataclasses.dataclass(frozen=True, eq=False)
class ScalarBPTT:
    """Every quantity of `scalar_bptt`, forward and barred; the latter end in `_bar`.

    Those of the steps are `(time,)`; `h0` is the state before the first.
    """

    z: np.ndarray
    h: np.ndarray
    r: np.ndarray
    y: np.ndarray
    loss: float
    y_bar: np.ndarray
    r_bar: np.ndarray
    h_bar: np.ndarray
    z_bar: np.ndarray
    u_bar: float
    v_bar: float
    w_bar: float
    h0: float


def scalar_bptt(x, t, u, w, v, h0=0.0, activation="tanh"):
    """A network of one unit, and the derivative of its loss by all that is in it.

        z_t = u x_t + w h_{t-1}          L_bar   = 1
        h_t = φ(z_t)                     y_bar_t = L_bar · dL/dy_t
        r_t = v h_t                      r_bar_t = y_bar_t · φ'(r_t)
        y_t = φ(r_t)                     h_bar_t = r_bar_t v + z_bar_{t+1} w
                                         z_bar_t = h_bar_t · φ'(z_t)
        L = Σ_t (y_t - t_t)² / 2
                                         u_bar = Σ_t z_bar_t x_t
                                         v_bar = Σ_t r_bar_t h_t
                                         w_bar = Σ_t z_bar_{t+1} h_t

    A bar over a quantity is the derivative of L by it; nothing comes from after the
    last step, z_bar_{T+1} = 0. The last sum begins at the state before the first step.

    Args:
        x: Inputs, `(time,)`.
        t: Targets, `(time,)`.
        u, w, v: The weights, of the input, the state and the output.
        h0: The state before the first step.
        activation: φ: "tanh", "sigmoid", "relu" or "linear".

    Returns:
        A `ScalarBPTT`.

    Raises:
        ValueError: An activation that is none of these.
    """
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(f"There is no activation {activation!r} here, but {known}.")
    phi, slope = ACTIVATIONS[activation]
    x, t = np.asarray(x, "float64"), np.asarray(t, "float64")
    steps = len(x)
    z, h, r, y = np.zeros((4, steps))
    before = h0
    for k in range(steps):
        z[k] = u * x[k] + w * before
        h[k] = before = phi(z[k])
        r[k] = v * h[k]
        y[k] = phi(r[k])
    loss = np.sum((y - t) ** 2) / 2

    loss_bar = 1.0
    y_bar, r_bar, h_bar, z_bar = np.zeros((4, steps))
    z_bar_after = 0.0
    for k in reversed(range(steps)):
        y_bar[k] = loss_bar * (y[k] - t[k])
        r_bar[k] = y_bar[k] * slope(r[k])
        h_bar[k] = r_bar[k] * v + z_bar_after * w
        z_bar[k] = z_bar_after = h_bar[k] * slope(z[k])
    u_bar = np.sum(z_bar * x)
    v_bar = np.sum(r_bar * h)
    w_bar = np.sum(z_bar * np.append(h0, h[:-1]))
    return ScalarBPTT(
        z, h, r, y, loss, y_bar, r_bar, h_bar, z_bar, u_bar, v_bar, w_bar, h0
    )


@dataclasses.dataclass(frozen=True, eq=False)
class VectorBPTT:
    """What `vector_bptt` computed.

    Attributes:
        c: States, `(time, units)`.
        y: Outputs, probabilities, `(time, classes)`.
        losses: `L_t`, nats, `(time,)`.
        dV: `dL/dV`, `(classes, units)`.
        dW: `dL_t/dW` by the step t of the loss and the step tau whose use of W it
            comes through, `(time, time, units, units)`; zero where tau > t.
        dU: The same for U, `(time, time, units, features)`.
    """

    c: np.ndarray
    y: np.ndarray
    losses: np.ndarray
    dV: np.ndarray
    dW: np.ndarray
    dU: np.ndarray

    @property
    def gradients(self):
        """The three sums: `(dL/dU, dL/dW, dL/dV)`."""
        return self.dU.sum((0, 1)), self.dW.sum((0, 1)), self.dV


def vector_bptt(x, targets, U, W, V, c0=None):
    """The three gradients of a recurrent network as sums over steps.

        c_t = tanh(U x_t + W c_{t-1})
        y_t = softmax(V c_t)
        L   = Σ_t L_t,  L_t = -l_t · log y_t

        dL/dV   = Σ_t (y_t - l_t) c_t'
        dL_t/dW = Σ_{τ=1…t} dL_t/dy_t · dy_t/dc_t · dc_t/dc_τ · ∂c_τ/∂W
        dc_t/dc_τ = Π_{k=τ+1…t} dc_k/dc_{k-1} = Π diag(1 - c_k²) W

    and likewise for U; ∂c_τ/∂W counts W where step τ uses it only, c_{τ-1} held
    fixed. Made to be read: it takes time² steps where the recursion takes time.

    Args:
        x: Inputs, `(time, features)`.
        targets: The right classes, whole numbers, `(time,)`.
        U: `(units, features)`.
        W: `(units, units)`.
        V: `(classes, units)`.
        c0: State before the first step, `(units,)`; zeros where None.

    Returns:
        A `VectorBPTT`.
    """
    x = np.asarray(x, "float64")
    steps, units = len(x), len(W)
    start = np.zeros(units) if c0 is None else np.asarray(c0, "float64")
    c, y = np.zeros((steps, units)), np.zeros((steps, len(V)))
    before = start
    for t in range(steps):
        c[t] = before = np.tanh(U @ x[t] + W @ before)
        y[t] = np.exp(V @ c[t] - np.max(V @ c[t]))
        y[t] /= y[t].sum()
    label = np.eye(len(V))[np.asarray(targets)]
    losses = -np.sum(label * np.log(y), axis=-1)

    dV = sum(np.outer(y[t] - label[t], c[t]) for t in range(steps))
    dW = np.zeros((steps, steps, *np.shape(W)))
    dU = np.zeros((steps, steps, *np.shape(U)))
    for t in range(steps):
        dL_dc_t = (y[t] - label[t]) @ V
        dc_t_dc_tau = np.eye(units)
        for tau in reversed(range(t + 1)):
            dL_dc_tau = dL_dc_t @ dc_t_dc_tau
            dL_dz_tau = dL_dc_tau * (1 - c[tau] ** 2)
            dW[t, tau] = np.outer(dL_dz_tau, c[tau - 1] if tau else start)
            dU[t, tau] = np.outer(dL_dz_tau, x[tau])
            dc_t_dc_tau = dc_t_dc_tau @ (np.diag(1 - c[tau] ** 2) @ W)
    return VectorBPTT(c, y, losses, dV, dW, dU)
