"""Figures that scikit-learn 1.9.1 computes for the data of `test_losses.py`.

`python metric_references.py` prints REFERENCES again; it needs scikit-learn, which the tests do not.
"""

import numpy

random = numpy.random.default_rng(11)
#: One weight per sample. Two of them are 0.
WEIGHTS = numpy.round(random.uniform(0, 3, 40), 2)
WEIGHTS[[3, 17]] = 0
CLASS_SCORES = numpy.round(random.standard_normal((40, 4)) * 2, 1)
CLASSES = random.integers(0, 4, 40)
BINARY_SCORES = numpy.round(random.standard_normal((40, 1)) * 2, 1)
BINARY = random.integers(0, 2, 40)
LABEL_SCORES = numpy.round(random.standard_normal((40, 3)) * 2, 1)
LABELS = (random.uniform(size=(40, 3)) < [0.3, 0.5, 0.7]).astype(float)
VALUES = numpy.round(random.standard_normal((40, 2)) * 3, 2)
VALUE_SCORES = numpy.round(VALUES + random.standard_normal((40, 2)), 2)
COUNTS = random.poisson(3, (40, 1)).astype(float)
COUNT_SCORES = numpy.round(random.standard_normal((40, 1)), 2)

#: (kind, whether weighted) → metric → figure.
REFERENCES: dict[tuple[str, bool], dict[str, float]] = {
    ("classes", False): {
        "accuracy": 0.225,
        "balanced_accuracy": 0.2515151515151515,
        "macro_f1": 0.22373737373737373,
        "micro_f1": 0.225,
        "weighted_f1": 0.2220959595959596,
        "log_loss": 2.4890216703007404,
        "brier_score": 1.0904698592992332,
        "auc": 0.4561362703388566,
        "average_precision": 0.31840003151877017,
    },
    ("classes", True): {
        "accuracy": 0.16206395348837208,
        "balanced_accuracy": 0.15897313968442828,
        "macro_f1": 0.14771715631876825,
        "micro_f1": 0.16206395348837208,
        "weighted_f1": 0.17362915802395917,
        "log_loss": 2.6333423577006916,
        "brier_score": 1.2096152574119743,
        "auc": 0.389205876248488,
        "average_precision": 0.23827132966996836,
    },
    ("binary", False): {
        "accuracy": 0.6,
        "balanced_accuracy": 0.6,
        "macro_f1": 0.5907928388746804,
        "log_loss": 0.8572432846027922,
        "brier_score": 0.28171842179773,
        "auc": 0.6413333333333332,
        "average_precision": 0.47372956790536236,
    },
    ("binary", True): {
        "accuracy": 0.5879360465116278,
        "balanced_accuracy": 0.5887697701512953,
        "macro_f1": 0.585012146710508,
        "log_loss": 0.8412693786618587,
        "brier_score": 0.29027992375451306,
        "auc": 0.626552080207818,
        "average_precision": 0.5534215113823634,
    },
    ("labels", False): {
        "macro_f1": 0.5598278335724534,
        "micro_f1": 0.5737704918032787,
        "weighted_f1": 0.5908563853440392,
        "subset_accuracy": 0.25,
        "hamming_loss": 0.43333333333333335,
        "log_loss": 0.8900177191509826,
        "brier_score": 0.27739183860550737,
        "auc": 0.6497919277360067,
        "average_precision": 0.6192675470803661,
    },
    ("labels", True): {
        "macro_f1": 0.6106335630224485,
        "micro_f1": 0.6228925335474252,
        "weighted_f1": 0.6407142227266149,
        "subset_accuracy": 0.3166787790697674,
        "hamming_loss": 0.3982558139534883,
        "log_loss": 0.8374389691152593,
        "brier_score": 0.2519936150063706,
        "auc": 0.6862167506818814,
        "average_precision": 0.6548353180367865,
    },
    ("values", False): {
        "mean_squared_error": 1.2442075,
        "root_mean_squared_error": 1.1119809927301525,
        "mean_absolute_error": 0.9080000000000001,
        "median_absolute_error": 0.9449999999999998,
        "r2": 0.8644449667510827,
        "explained_variance": 0.8644581758774434,
        "pinball_loss": 0.45400000000000007,
    },
    ("values", True): {
        "mean_squared_error": 1.1774384901889534,
        "root_mean_squared_error": 1.0807147513404414,
        "mean_absolute_error": 0.8970703124999999,
        "median_absolute_error": 0.8900000000000002,
        "r2": 0.8673386198885062,
        "explained_variance": 0.869277798421507,
        "pinball_loss": 0.44853515624999996,
    },
    ("quantiles", False): {
        "pinball_loss": 0.9437625000000001,
        "mean_absolute_error": 2.15125,
    },
    ("quantiles", True): {
        "pinball_loss": 0.9217201126453487,
        "mean_absolute_error": 2.0874364098837206,
    },
    ("counts", False): {
        "poisson_deviance": 4.079017100262344,
        "mean_squared_error": 8.048320460921156,
        "r2": -2.7444933810624743,
    },
    ("counts", True): {
        "poisson_deviance": 4.258417564062986,
        "mean_squared_error": 10.458003563208461,
        "r2": -4.725366344681684,
    },
}


def computed():
    """The figures by scikit-learn."""
    from scipy.special import expit, softmax
    from sklearn import metrics

    def classes(w):
        p, best = softmax(CLASS_SCORES, axis=1), CLASS_SCORES.argmax(axis=1)
        weighted = {"sample_weight": w}
        return {
            "accuracy": metrics.accuracy_score(CLASSES, best, **weighted),
            "balanced_accuracy": metrics.balanced_accuracy_score(CLASSES, best, **weighted),
            "macro_f1": metrics.f1_score(CLASSES, best, average="macro", **weighted),
            "micro_f1": metrics.f1_score(CLASSES, best, average="micro", **weighted),
            "weighted_f1": metrics.f1_score(CLASSES, best, average="weighted", **weighted),
            "log_loss": metrics.log_loss(CLASSES, p, **weighted),
            "brier_score": metrics.brier_score_loss(CLASSES, p, scale_by_half=False, **weighted),
            "auc": metrics.roc_auc_score(CLASSES, p, multi_class="ovr", **weighted),
            "average_precision": metrics.average_precision_score(numpy.eye(4)[CLASSES], p, **weighted),
        }

    def binary(w):
        p, best = expit(BINARY_SCORES[:, 0]), (BINARY_SCORES[:, 0] > 0).astype(int)
        weighted = {"sample_weight": w}
        return {
            "accuracy": metrics.accuracy_score(BINARY, best, **weighted),
            "balanced_accuracy": metrics.balanced_accuracy_score(BINARY, best, **weighted),
            "macro_f1": metrics.f1_score(BINARY, best, average="macro", **weighted),
            "log_loss": metrics.log_loss(BINARY, p, **weighted),
            "brier_score": metrics.brier_score_loss(BINARY, p, **weighted),
            "auc": metrics.roc_auc_score(BINARY, p, **weighted),
            "average_precision": metrics.average_precision_score(BINARY, p, **weighted),
        }

    def labels(w):
        p, on = expit(LABEL_SCORES), (LABEL_SCORES > 0).astype(int)
        truth, weighted = LABELS.astype(int), {"sample_weight": w}
        each = range(truth.shape[1])
        return {
            "macro_f1": metrics.f1_score(truth, on, average="macro", **weighted),
            "micro_f1": metrics.f1_score(truth, on, average="micro", **weighted),
            "weighted_f1": metrics.f1_score(truth, on, average="weighted", **weighted),
            "subset_accuracy": metrics.accuracy_score(truth, on, **weighted),
            "hamming_loss": metrics.hamming_loss(truth, on, **weighted),
            "log_loss": numpy.mean([metrics.log_loss(truth[:, c], p[:, c], **weighted) for c in each]),
            "brier_score": numpy.mean([metrics.brier_score_loss(truth[:, c], p[:, c], **weighted) for c in each]),
            "auc": metrics.roc_auc_score(truth, p, average="macro", **weighted),
            "average_precision": metrics.average_precision_score(truth, p, average="macro", **weighted),
        }

    def values(w):
        weighted = {"sample_weight": w}
        return {
            "mean_squared_error": metrics.mean_squared_error(VALUES, VALUE_SCORES, **weighted),
            "root_mean_squared_error": metrics.root_mean_squared_error(VALUES, VALUE_SCORES, **weighted),
            "mean_absolute_error": metrics.mean_absolute_error(VALUES, VALUE_SCORES, **weighted),
            "median_absolute_error": metrics.median_absolute_error(VALUES, VALUE_SCORES, **weighted),
            "r2": metrics.r2_score(VALUES, VALUE_SCORES, **weighted),
            "explained_variance": metrics.explained_variance_score(VALUES, VALUE_SCORES, **weighted),
            "pinball_loss": metrics.mean_pinball_loss(VALUES, VALUE_SCORES, alpha=0.5, **weighted),
        }

    def quantiles(w):
        levels = [0.2, 0.9]
        parts = [metrics.mean_pinball_loss(VALUES[:, :1], VALUE_SCORES[:, c : c + 1], alpha=levels[c], sample_weight=w) for c in range(2)]
        errors = [metrics.mean_absolute_error(VALUES[:, :1], VALUE_SCORES[:, c : c + 1], sample_weight=w) for c in range(2)]
        return {"pinball_loss": numpy.mean(parts), "mean_absolute_error": numpy.mean(errors)}

    def counts(w):
        mean, weighted = numpy.exp(COUNT_SCORES[:, 0]), {"sample_weight": w}
        return {
            "poisson_deviance": metrics.mean_poisson_deviance(COUNTS[:, 0], mean, **weighted),
            "mean_squared_error": metrics.mean_squared_error(COUNTS[:, 0], mean, **weighted),
            "r2": metrics.r2_score(COUNTS[:, 0], mean, **weighted),
        }

    made = {}
    for figures in (classes, binary, labels, values, quantiles, counts):
        for weighted in (False, True):
            found = figures(WEIGHTS if weighted else numpy.ones(40))
            made[figures.__name__, weighted] = {name: float(figure) for name, figure in found.items()}
    return made


if __name__ == "__main__":
    print("REFERENCES = {")
    for key, figures in computed().items():
        print(f'    ("{key[0]}", {key[1]}): {{')
        for name, figure in figures.items():
            print(f'        "{name}": {figure!r},')
        print("    },")
    print("}")
