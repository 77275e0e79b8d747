/* A live stream through the stepper: a network learns to tell which of three signals it hears, then reads an endless stream of samples and says after each what it hears now. Build:
 *   cc stream.c $(pkg-config --cflags --libs stableode) -lm */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stableode.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STEPS = 128, SEQUENCES = 900, CLASSES = 3, SAMPLES = 200000 };

static void check(sode_status status) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", sode_status_name(status), sode_last_error_message());
  exit(1);
}

/* Numbers between -1 and 1, the same in every run. */
static double noise(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (double)(state >> 11) / 4503599627370496.0 - 1;
}

/* A sample of a slow sine, of a fast one, or of a square wave, in noise. */
static float sample(int kind, int step, double phase) {
  double turn = (kind == 1 ? 0.5 : 0.2) * step + phase, clean = kind == 2 ? (sin(turn) > 0 ? 1 : -1) : sin(turn);
  return (float)(clean + 0.2 * noise());
}

static int ascending(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e6 * (double)time.tv_sec + 1e-3 * (double)time.tv_nsec;
}

int main(void) {
  const char *json = "{\"opening\": \"sequence\", \"inputs\": 128, \"outputs\": 3, \"width\": 32, \"field\": \"gated_antisymmetric_rnn\", \"gamma\": 1.5,"
                     " \"layers\": 128, \"horizon\": 32.0, \"weights_in_time\": \"shared\"}";
  static float features[SEQUENCES * STEPS];
  static int32_t labels[SEQUENCES];
  static double microseconds[SAMPLES];
  int64_t features_shape[2] = {SEQUENCES, STEPS}, labels_shape[1] = {SEQUENCES};
  sode_tensor x = sode_tensor_f32(features, 2, features_shape), y = sode_tensor_i32(labels, 1, labels_shape);
  sode_network *network;
  sode_dataset *training;
  sode_trainer *trainer;
  sode_stepper *stepper;
  float probabilities[CLASSES];
  int row, step, right = 0, heard = 0;

  /* Each sequence changes its signal on the way and has the label of the last one, so that the network learns to forget. */
  for (row = 0; row < SEQUENCES; row++) {
    double phase = 3.14159 * (1 + noise()), change = 48 * (1 + noise());
    labels[row] = row % CLASSES;
    for (step = 0; step < STEPS; step++) features[row * STEPS + step] = sample(step < change ? row / CLASSES % CLASSES : row % CLASSES, step, phase);
  }
  check(sode_network_create_json(json, SODE_TEXT_END, &network));
  check(sode_dataset_create(&x, &y, &training));
  check(sode_trainer_create(network, &trainer));
  check(sode_trainer_set_json(trainer, "{\"optimizer\": \"adam\", \"learning_rate\": 0.01, \"batch_size\": 60, \"epochs\": 30}", SODE_TEXT_END));
  check(sode_trainer_run(trainer, training, NULL, NULL));

  /* The signal changes every 512 samples. The steps share their weights, so that the stream has no end. */
  check(sode_stepper_create(network, 1, &stepper));
  for (step = 0; step < SAMPLES; step++) {
    int kind = step / 512 % CLASSES, best = 0, c;
    float observation = sample(kind, step, 0);
    double start = now();
    check(sode_stepper_feed_f32(stepper, &observation, SODE_PROBABILITIES, probabilities));
    microseconds[step] = now() - start;
    if (step % 512 < 64) continue; /* the new signal is heard for a while first */
    for (c = 1; c < CLASSES; c++)
      if (probabilities[c] > probabilities[best]) best = c;
    heard++;
    right += best == kind;
  }
  qsort(microseconds, SAMPLES, sizeof *microseconds, ascending);
  printf("heard rightly %.1f %%; one sample: median %.2f us, 99.9 %% within %.2f us\n", 100.0 * right / heard, microseconds[SAMPLES / 2], microseconds[SAMPLES / 1000 * 999]);

  sode_stepper_free(stepper);
  sode_trainer_free(trainer);
  sode_dataset_free(training);
  sode_network_free(network);
  return right > 0.95 * heard ? 0 : 1;
}
