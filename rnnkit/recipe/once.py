"""Work of many pieces, each done once, however often it is interrupted."""

import json


class Once:
    """Does each piece of a run's work once, and adds up the seconds of all starts.

        once = Once(run, beginning.seconds)
        row = once("n-grams", "K = 2", count, texts, 3)  # count(texts, 3), or what
        ...                                              # an earlier start made of it
        run.finish(..., seconds=once.seconds())

    What a piece gives, and the seconds until then, are written to the run's folder in
    one step. A piece that trains from a checkpoint adds to `earlier` the `earlier` of
    its `resume`, and leaves the checkpoint where it is: only when the results are
    written nobody needs it.

    Args:
        run: a `Run`.
        clock: function that gives the seconds since this start.
        file: name of the JSON file in the run's folder.

    Attributes:
        found: `{group: {name: what the piece gave}}`, as JSON reads it back.
        earlier: seconds that earlier starts took for what this one finds done.
    """

    def __init__(self, run, clock, file="found.json"):
        self.run, self.clock, self.file = run, clock, file
        self.found = run.read(file) or {}
        self.earlier = self.found.pop("seconds", 0.0)

    def __call__(self, group, name, function, *arguments):
        """What `function(*arguments)` gives; from the file if it was called before."""
        rows = self.found.setdefault(group, {})
        if name not in rows:
            rows[name] = json.loads(json.dumps(function(*arguments)))
            self.run.write(self.file, {**self.found, "seconds": self.seconds()})
        return rows[name]

    def seconds(self):
        """Return the seconds of all starts."""
        return self.earlier + self.clock()
