# Trains 64 Euler steps of an antisymmetric equation on the peaks problem and classifies one point.
import numpy as np
import stableode

training, validation = stableode.Dataset.problem("peaks", 4000, 1000, seed=1)
network = stableode.Network(inputs=2, outputs=5, width=8, field="antisymmetric", gamma=0.1, layers=64, horizon=5.0)

history = network.fit(training, validation=validation, optimizer="adam", learning_rate=0.01, epochs=60)
print(f"validation accuracy {100 * history.best.validation_accuracy:.2f} %")

point = np.array([[0.0, 1.6]])
print(f"level 5 at (0, 1.6) with probability {network.predict_proba(point)[0, 4]:.3f}")
print("from input to output:", network.states(point).shape, "layers x samples x features")

network.save("peaks.safetensors")
same = stableode.Network.load("peaks.safetensors")
assert (same.scores(point) == network.scores(point)).all()
