"""The shapes, drawn: time goes to the right, what is read is below what is written."""

STEPS = 4
WIDTH, HEIGHT = 0.62, 0.5
FILLS = {"x": "#dbeafe", "h": "#e5e7eb", "y": "#ffedd5", "c": "#dcfce7", "s": "#e5e7eb"}
INK, BACK = "#1f2430", "#ea580c"
WEIGHTS = {
    "U": "from input to hidden",
    "W": "from hidden to hidden",
    "V": "from hidden to output",
    "R": "from output to hidden",
}


def nodes_of(letter, row, columns, first=1):
    """`{name: (column, row)}` of one letter's nodes, x1 x2 … at columns."""
    return {f"{letter}{first + k}": (column, row) for k, column in enumerate(columns)}


def steps(pattern, count=STEPS, first=1):
    """Arrows of every step: "xt ht", "hp ht", p being the step before t."""
    a, b = pattern.split()
    begin = first + ("p" in pattern)
    return [
        tuple(n.replace("t", str(t)).replace("p", str(t - 1)) for n in (a, b))
        for t in range(begin, first + count)
    ]


ALL = range(STEPS)
X, H, Y = (nodes_of(letter, row, ALL) for letter, row in (("x", 0), ("h", 1), ("y", 2)))
READ = {"U": steps("xt ht"), "W": steps("hp ht")}
# Of each shape its nodes and its arrows by the weight that they carry; those of
# "teacher" bring the outputs back.
SHAPES = {
    "no output": (X | H, READ),
    "output at the end": (X | H | {"y4": (3, 2)}, READ | {"V": [("h4", "y4")]}),
    "output at each step": (X | H | Y, READ | {"V": steps("ht yt")}),
    "sequence to vector": (X | H | {"c": (3, 2)}, READ | {"": [("h4", "c")]}),
    "vector to sequence": (
        {"x": (0, 0)} | H | Y,
        {
            "": [("x", "h1")],
            "W": steps("hp ht"),
            "V": steps("ht yt"),
            "R": steps("yp ht"),
        },
    ),
    "output to hidden": (
        X | H | Y,
        {"U": steps("xt ht"), "V": steps("ht yt"), "R": steps("yp ht")},
    ),
    "encoder-decoder": (
        nodes_of("x", 0, range(3))
        | nodes_of("h", 1, range(3))
        | {"c": (3, 1)}
        | nodes_of("s", 1, (4, 5))
        | nodes_of("y", 2, (4, 5)),
        {
            "U": steps("xt ht", 3),
            "W": steps("hp ht", 3) + steps("sp st", 2),
            "": [("h3", "c"), ("c", "s1")],
            "V": steps("st yt", 2),
            "R": steps("yp st", 2),
        },
    ),
}


def draw_all(path):
    """Draw all shapes, and what the letters mean."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 7.6), dpi=110, layout="constrained")
    *places, last = figure.subplot_mosaic("AAAABBBBCCCCDDDD;EEEEFFFFGGGGGLLL").values()
    for axes, name in zip(places, SHAPES):
        draw(axes, name)
    last.set_axis_off()
    lines = [f"$\\bf{{{letter}}}$   {what}" for letter, what in WEIGHTS.items()]
    lines += ["", "$x$   input", "$h$, $s$   hidden state", "$y$   output"]
    lines += ["$c$   sums the sequence up"]
    last.text(0.1, 0.5, "\n".join(lines), va="center", fontsize=13, linespacing=1.6)
    figure.savefig(path)


def draw_one(name, path):
    """Draw one shape, for a slide."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.4), dpi=160, layout="constrained")
    draw(figure.subplots(), name)
    figure.savefig(path, transparent=True)


def draw(axes, name):
    """Draw a shape: boxes for its nodes, arrows for its weights."""
    from matplotlib.patches import FancyBboxPatch

    nodes, arrows = SHAPES[name]
    for node, (column, row) in nodes.items():
        axes.add_patch(
            FancyBboxPatch(
                (column - WIDTH / 2, row - HEIGHT / 2),
                WIDTH,
                HEIGHT,
                boxstyle="round,pad=0,rounding_size=0.12",
                facecolor=FILLS[node[0]],
                edgecolor=INK,
                linewidth=1.2,
            )
        )
        label = f"${node[0]}_{node[1]}$" if node[1:] else f"${node}$"
        axes.text(column, row, label, ha="center", va="center", fontsize=17, color=INK)
    for weight, pairs in arrows.items():
        for number, (start, end) in enumerate(pairs):
            letter = weight if number == len(pairs) - 1 else ""
            draw_arrow(axes, nodes[start], nodes[end], letter)
    columns = [column for column, _ in nodes.values()]
    axes.set_xlim(min(columns) - 0.6, max(columns) + 0.6)
    axes.set_ylim(-0.5, 2.5)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_title(name, fontsize=17, color=INK)


def draw_arrow(axes, start, end, letter):
    """Draw an arrow from node to node, its weight's letter beside it."""
    (a, b), (c, d) = start, end
    back = d < b  # from an output down to a hidden state
    if a == c:  # upwards
        place, target, beside = (a, b + HEIGHT / 2), (c, d - HEIGHT / 2), (0.14, 0)
    elif back:
        place, target = (a + WIDTH / 2, b - 0.1), (c - 0.12, d + HEIGHT / 2)
        beside = (-0.16, -0.06)
    else:
        place, target, beside = (a + WIDTH / 2, b), (c - WIDTH / 2, d), (0, 0.15)
    color = BACK if back else INK
    axes.annotate(
        "",
        target,
        place,
        arrowprops={
            "arrowstyle": "-|>",
            "color": color,
            "lw": 1.6,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 14,
            "linestyle": "--" if back else "-",
        },
    )
    if letter:
        middle = (place[0] + target[0]) / 2, (place[1] + target[1]) / 2
        axes.text(
            middle[0] + beside[0],
            middle[1] + beside[1],
            f"$\\bf{{{letter}}}$",
            ha="center",
            va="center",
            fontsize=13,
            color=color,
        )
