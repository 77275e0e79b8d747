"""Runs the image workloads with PyTorch, and for one image with JAX as well; stableode-benchmarks sends requests line by line: python image_peers.py FOLDER f32 (see Peer.swift).

Each request is prepared in every way that the libraries have, their results are compared, and the fastest way is measured.
"""

import sys
import time

import torch_images  # it sets the number of threads, before anything else is imported


def candidates(name, what):
    yield from torch_images.candidates(name, what)
    if what == "infer1":
        import jax_images

        yield from jax_images.candidates(torch_images.FOLDER, name, torch_images.data(name, 1)[0].numpy())


CLOCK = time.process_time if torch_images.THREADS == 1 else time.perf_counter


def clocked(run):
    start = CLOCK()
    run()
    return CLOCK() - start


def check_equal(first, other, way):
    """The scores of two ways; those of a training step are losses."""
    import numpy

    first, other = numpy.asarray(first), numpy.asarray(other)
    if not numpy.allclose(first, other, rtol=1e-3, atol=1e-3):
        raise ArithmeticError(f"{way} gives {other}, another way {first}")


def prepare(name, what):
    best = expected = None
    for way, run in candidates(name, what):
        try:
            first = run()
            run()
            seconds = min(clocked(run) for _ in range(3 if what != "infer1" else 20))
        except Exception as error:  # a way that does not run here is not a candidate
            print(f"{name} {what}: {way}: {type(error).__name__}", file=sys.stderr)
            continue
        expected = first if expected is None else expected
        check_equal(expected, first, way)
        print(f"{name} {what}: {way}: {1e3 * seconds:.3g} ms", file=sys.stderr)
        if best is None or seconds < best[0]:
            best = (seconds, way, run)
    return best[1:]


def main():
    run = None
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "prepare":
                way, run = prepare(words[1], words[2])
                print("ready", way, flush=True)
            else:
                start, count = CLOCK(), 0
                while count == 0 or CLOCK() - start < float(words[1]):
                    run()
                    count += 1
                print((CLOCK() - start) / count, flush=True)
        except Exception as error:  # the benchmark decides what a peer's failure means
            print("no", type(error).__name__, str(error).replace("\n", " ")[:200], flush=True)


if __name__ == "__main__":
    main()
