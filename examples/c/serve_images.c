/*
 * Serves images one at a time with a model that examples/python/image_network.py has trained.
 *
 *   serve_images MODEL [SCORES [FOLDER]]
 *
 *   MODEL   the saved model
 *   SCORES  a file of 10 000 x 10 raw float32 scores of the test images, which must be the same bit for bit; "-" compares none
 *   FOLDER  folder of the IDX files; Debian's package dataset-fashion-mnist by default
 *
 * A predictor allocates its memory once. Each call computes the scores of one image without allocation or lock.
 * Build: cc serve_images.c $(pkg-config --cflags --libs stableode)
 */
#include <stableode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIXELS = 784, CLASSES = 10 };

static void check(sode_status status) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", sode_status_name(status), sode_last_error_message());
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec * 1e-3;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  const char *folder = argc > 3 ? argv[3] : "/usr/share/datasets/fashion-mnist";
  char images[1024], labels[1024];
  sode_network *network;
  sode_dataset *test;
  sode_predictor *predictor;
  sode_dataset_info info = {.struct_size = sizeof info};
  int64_t pixel_shape[2], label_shape[1], image_shape[4] = {1, 1, 28, 28}, score_shape[2] = {1, CLASSES};
  sode_tensor pixels, targets;
  int64_t i, right = 0, different = 0;
  FILE *expected = NULL;

  if (argc < 2) {
    fprintf(stderr, "usage: serve_images MODEL [SCORES [FOLDER]]\n");
    return 2;
  }
  check(sode_network_load(argv[1], &network));
  snprintf(images, sizeof images, "%s/t10k-images-idx3-ubyte.gz", folder);
  snprintf(labels, sizeof labels, "%s/t10k-labels-idx1-ubyte.gz", folder);
  check(sode_dataset_load_idx(images, labels, &test));
  check(sode_dataset_describe(test, &info));
  pixel_shape[0] = label_shape[0] = info.samples;
  pixel_shape[1] = PIXELS;
  pixels = sode_tensor_u8(malloc((size_t)info.samples * PIXELS), 2, pixel_shape);
  targets = sode_tensor_i32(malloc((size_t)info.samples * sizeof(int32_t)), 1, label_shape);
  double *times = malloc((size_t)info.samples * sizeof *times);
  if (!pixels.data || !targets.data || !times) return 1;
  check(sode_dataset_get(test, &pixels, &targets));
  if (argc > 2 && strcmp(argv[2], "-") != 0 && !(expected = fopen(argv[2], "rb"))) {
    fprintf(stderr, "%s cannot be read\n", argv[2]);
    return 1;
  }

  check(sode_predictor_create(network, 1, 1, &predictor));
  for (i = 0; i < info.samples; i++) {
    float scores[CLASSES], theirs[CLASSES];
    /* The image as it is: bytes, with its axes [samples, channels, height, width]. */
    sode_tensor image = sode_tensor_u8((uint8_t *)pixels.data + i * PIXELS, 4, image_shape), result = sode_tensor_f32(scores, 2, score_shape);
    double start = now();
    int best = 0, class;
    check(sode_predictor_run(predictor, &image, SODE_SCORES, &result));
    times[i] = now() - start;
    for (class = 1; class < CLASSES; class++)
      if (scores[class] > scores[best]) best = class;
    right += best == ((int32_t *)targets.data)[i];
    if (expected && fread(theirs, sizeof theirs, 1, expected) == 1) different += memcmp(scores, theirs, sizeof scores) != 0;
  }
  qsort(times, (size_t)info.samples, sizeof *times, ascending);
  printf("%lld images: accuracy %.2f %%, median %.0f us, 99.9 %% within %.0f us\n", (long long)info.samples, 100.0 * right / info.samples,
         times[info.samples / 2], times[info.samples * 999 / 1000]);
  if (expected) printf("%lld images with other scores than in %s\n", (long long)different, argv[2]);

  sode_predictor_free(predictor);
  sode_dataset_free(test);
  sode_network_free(network);
  free(pixels.data);
  free(targets.data);
  free(times);
  return different != 0;
}
