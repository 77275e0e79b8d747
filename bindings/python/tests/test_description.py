"""The repr of networks: field, width and layers in one line."""

import stableode


def test_one_block(make_network):
    assert repr(make_network(layers=1, outputs=1, loss="logistic")).startswith("Network(3 inputs, 1 output, antisymmetric of width 5, 1 layer, euler, ")
    assert "hamiltonian of width 6, 6 layers, verlet" in repr(make_network(field="hamiltonian", width=6, integrator="verlet"))
    assert repr(make_network(precision="float64")).endswith("parameters, float64)")


def test_the_width_is_that_of_what_can_be_seen(make_network):
    # The state of linear_multistep holds two steps.
    assert "of width 5," in repr(make_network(integrator="linear_multistep"))
    # Where the shape is left to the library, the repr shows what it chose.
    assert "of width 64," in repr(stableode.Network(inputs=3, outputs=2))


def test_several_blocks_and_images():
    network = stableode.Network(inputs=2, outputs=2, blocks=[{"layers": 3}, {"field": "dense", "layers": 4}])
    assert "2 blocks [antisymmetric of width 2, 3 layers, euler; dense of width 2, 4 layers, euler]" in repr(network)
    many = stableode.Network(inputs=2, outputs=2, blocks=[{"layers": layers} for layers in (1, 2, 3, 4, 5)])
    assert "5 blocks [antisymmetric of width 2, 1 layer, euler; …; antisymmetric of width 2, 5 layers, euler]" in repr(many)
    image = stableode.Network(input_shape=[1, 4, 6], outputs=2, blocks=[{"operator": "convolution", "layers": 2}])
    assert "antisymmetric of width 1 on 4 × 6 pixels, 2 layers" in repr(image)
