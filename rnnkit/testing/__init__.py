"""Public checks: what every cell and every layer promises.

    rnnkit.testing.check_cell(MyCell(8))
    rnnkit.testing.check_layer(rnnkit.layers.Recurrent(MyCell(8)))
"""
