"""Certifies that no layer of a network brings two states further apart, and saves what an auditor needs: the model and the certificate.

    python certificate.py
    python ../../bindings/checker/check_certificate.py model.safetensors certificate.json     accepted or rejected, without this library
"""

import pathlib

import stableode

network = stableode.Network(inputs=2, outputs=2, width=8, field="gradient_flow", steps="row_sums", layers=6, seed=1)
certificate = network.certify("non_expansive")
print(certificate.verdict, certificate.claim)
network.save("model.safetensors")
pathlib.Path("certificate.json").write_text(certificate.text, encoding="utf-8")
