"""Options of a trainer: reading them back, those of other optimizers, and those that are fixed once training has begun."""

import numpy
import pytest

import stableode
from stableode._library import library

X = numpy.random.default_rng(0).standard_normal((40, 2))
Y = numpy.random.default_rng(1).standard_normal(40)


def regression(**options):
    return stableode.Network(**{"inputs": 2, "outputs": 1, "width": 2, "layers": 2, "loss": "least_squares", **options})


SETTINGS = {"learning_rate": 0.02, "momentum": 0.5, "lbfgs_memory": 3, "beta1": 0.8, "step_factor": 0.5, "milestones": "1.0,2.0", "warmup_epochs": 1}


@pytest.mark.parametrize("schedule", stableode.schedules())
@pytest.mark.parametrize("optimizer", stableode.optimizers())
def test_options_read_back_make_the_same_trainer(optimizer, schedule):
    taken = {key for name in ("optimizer=" + optimizer, "schedule=" + schedule) for key in stableode.options(name)}
    some = {key: value for key, value in SETTINGS.items() if key in taken}
    results = []
    network = regression()
    given = stableode.Trainer(network.copy(), optimizer=optimizer, schedule=schedule, epochs=3, num_threads=1, weight_decay=1e-3, **some).options
    for options in (given, {**some, "optimizer": optimizer, "schedule": schedule, "epochs": 3, "num_threads": 1, "weight_decay": 1e-3}):
        one = network.copy()
        trainer = stableode.Trainer(one, **options)
        trainer.run((X, Y))
        assert trainer.options == given
        results.append(one.parameter_vector)
    numpy.testing.assert_array_equal(*results)


def test_what_is_not_set_is_not_read_back_where_that_matters():
    full = stableode.Trainer(regression(), optimizer="lbfgs")
    assert "batch_size" not in full.options and "parameter_min" not in full.options
    full.set(batch_size=128, parameter_min=-1.0)
    assert full.options["batch_size"] == 128 and full.options["parameter_min"] == -1


def test_misfits_are_refused_once_the_choice_is_known():
    trainer = stableode.Trainer(regression(), epochs=1)
    trainer.set(momentum=0.9)  # the choice may follow
    assert trainer.options["momentum"] == 0.9 and "optimizer" not in trainer.options
    with pytest.raises(stableode.IncompatibleError, match="momentum is set but optimizer is 'adamw'; momentum belongs to sgd"):
        trainer.run((X, Y))
    again = stableode.Trainer(regression())
    again.set(**trainer.options)
    with pytest.raises(stableode.IncompatibleError, match="momentum"):
        again.run((X, Y))
    trainer.set(optimizer="sgd")
    trainer.set(optimizer="adam", momentum=None)  # None unsets it, and the choice can change
    for wrong in ({"momentum": 0.9}, {"optimizer": "lbfgs", "beta1": 0.5}, {"schedule": "cosine", "step_factor": 0.5}):
        before = trainer.options
        with pytest.raises(stableode.IncompatibleError, match="is set but"):
            trainer.set(**wrong)
        assert trainer.options == before
    trainer.run((X, Y))
    with pytest.raises(stableode.IncompatibleError):
        stableode.Trainer(regression(), optimizer="adam", momentum=0.9)
    with pytest.raises(stableode.IncompatibleError, match="field"):
        stableode.Network(inputs=2, outputs=2, width=2, field="dense", gamma=0.5)


def test_a_default_never_misfits():
    """A program may set every option of the list to its default, and read back all of an earlier version's."""
    described = stableode.options("trainer")
    kept = {key: option.default for key, option in described.items() if not key.startswith("parameter_")}
    one, other = regression(), regression()
    for network, options in ((one, {**kept, "epochs": 2}), (other, {"optimizer": "adam", "epochs": 2})):
        stableode.Trainer(network, **options).run((X, Y))
    numpy.testing.assert_array_equal(one.parameter_vector, other.parameter_vector)


def test_c_programs_unset_by_null():
    network = regression()
    trainer = stableode.Trainer(network)
    pointer = trainer._pointer

    def put(text):
        return library.sode_trainer_set_json(pointer, text, len(text))

    library.sode_trainer_set_text(pointer, b"optimizer", b"sgd")
    library.sode_trainer_set_real(pointer, b"momentum", 0.9)
    with pytest.raises(stableode.IncompatibleError):
        library.sode_trainer_set_text(pointer, b"optimizer", b"adam")
    put(b'{"momentum": null}')
    library.sode_trainer_set_text(pointer, b"optimizer", b"adam")
    with pytest.raises(stableode.UnknownNameError):
        put(b'{"momentun": null}')
    put(b'{"optimizer": null}')
    assert "momentum" not in trainer.options


def test_which_options_may_change_after_training_began():
    """The help text says of each option whether it may."""
    described = stableode.options("trainer")
    fixed = {key for key, option in described.items() if option.help.endswith("; fixed once training has begun")}
    assert fixed == {"optimizer", "batch_size", "accumulate_batches", "seed", "shuffle", "metric", "weighted_validation", "min_delta", "lbfgs_memory", "validation_fraction", "normalization", "screening", "target_scaling", "crop_margin", "crop_padding", "flip", "cutout"}
    for optimizer in ("sgd", "lbfgs"):
        trainer = stableode.Trainer(regression(), optimizer=optimizer, epochs=1)
        trainer.run((X, Y))
        for key, option in described.items():
            if optimizer not in option.taken_by.get("optimizer", (optimizer,)) or "schedule" in option.taken_by or key == "schedule":
                continue
            other = next(name for name in option.choices if name != option.default) if option.choices else None
            value = {bool: not option.default, int: 17, float: 0.5, str: other}[option.type]
            if key in fixed:
                with pytest.raises(stableode.StateError, match=f"{key} cannot change once training has begun"):
                    trainer.set(**{key: value if key != "optimizer" else "newton_pcg"})
            else:
                trainer.set(**{key: value})
                trainer.set(**{key: None})
    # 128 is the default, but a method that takes all samples was not told so.
    with pytest.raises(stableode.StateError, match="batch_size"):
        trainer.set(batch_size=128)
