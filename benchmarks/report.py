"""What a benchmark hands back: rows, of one layout, and sentences about them."""

import contextlib
import dataclasses
import importlib.metadata
import json
import math


@dataclasses.dataclass
class Report:
    """The figures of one benchmark.

    Attributes:
        unit: Of `ours` and `peer`, such as "ms".
        asked: The least ratio that the project asks of itself, by the peer's name.
        rows: Dicts of `benchmark, case, ours, peer, peer_name, ratio`. A ratio above 1
            means that ours is better.
        notes: Sentences for below the table.
    """

    unit: str
    asked: dict = dataclasses.field(default_factory=dict)
    rows: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)

    def add(self, benchmark, case, ours, peer, peer_name, more_is_better=False):
        """Add a row; `ours` and `peer` are in the report's unit."""
        row = {"benchmark": benchmark, "case": case, "ours": ours, "peer": peer}
        ratio = ours / peer if more_is_better else peer / ours
        self.rows.append({**row, "peer_name": peer_name, "ratio": ratio})

    def judge(self, what, ratio, asked):
        """Note whether a single ratio is what is asked of it."""
        verdict = "reached" if ratio >= asked else "MISSED"
        self.notes.append(
            f"{what}: {ratio:.2f} ×, asked {float(asked):.3g} ×: {verdict}."
        )

    def means(self):
        """Geometric mean of the ratios, by `(benchmark, peer_name)`."""
        groups = {}
        for row in self.rows:
            key = row["benchmark"], row["peer_name"]
            groups.setdefault(key, []).append(math.log(row["ratio"]))
        return {key: math.exp(sum(v) / len(v)) for key, v in groups.items()}

    def text(self):
        """The rows, their means beside what is asked, and the notes."""
        wide = 2 + max([20, *(len(row["benchmark"]) for row in self.rows)])
        lines = [
            f"{'':<{wide}}{'case':<20}{'ours':>10}{'peer':>10}{'ratio':>9}  peer "
            f"({self.unit})"
        ]
        lines += [
            f"{row['benchmark']:<{wide}}{row['case']:<20}{row['ours']:>10.4g}"
            f"{row['peer']:>10.4g}{row['ratio']:>7.2f} ×  {row['peer_name']}"
            for row in self.rows
        ]
        lines += ["", "Geometric means:"]
        for (benchmark, peer), mean in self.means().items():
            line = f"  {benchmark} against {peer}: {mean:.2f} ×"
            if peer in self.asked:
                asked = self.asked[peer]
                verdict = "reached" if mean >= asked else "MISSED"
                line += f", asked {asked:.2f} ×: {verdict}"
            lines.append(line)
        return "\n".join([*lines, "", *self.notes])

    def write(self, name, path):
        """Write the report of benchmark `name` to a JSON file."""
        # Here: some benchmarks import Keras in processes of their own only.
        from rnnkit.recipe.run import command, commit, device, versions
        from rnnkit.training import atomic_write

        packages = versions()
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            packages["torch"] = importlib.metadata.version("torch")
        content = {
            "name": name,
            "command": command(),
            **dataclasses.asdict(self),
            "device": device(),
            "commit": commit(),
            "versions": packages,
        }
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        with atomic_write(path) as file:
            file.write(text.encode())
