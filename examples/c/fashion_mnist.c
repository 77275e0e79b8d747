/*
 * Fashion-MNIST: 60 000 images of clothes in ten classes, learned by a stable ODE network through the C interface.
 *
 *   fashion_mnist [FIELD [MODEL [SCORES [FOLDER [EPOCHS]]]]]
 *
 *   FIELD   antisymmetric (forward Euler; the default) or hamiltonian (Verlet)
 *   MODEL   where the trained model is saved; "-" saves none
 *   SCORES  file for the scores of the test images, 10 000 x 10 raw float32, which another program can compare bit for bit; "-" writes none
 *   FOLDER  folder of the IDX files; Debian's package dataset-fashion-mnist by default
 *   EPOCHS  number of epochs, 10 by default; if it is given, the accuracy is not checked
 *
 * A dense opening maps the 784 pixels to a state of width 128, which follows 32 steps of the field. A dense readout maps it to ten scores.
 * The network learns from 55 000 images. The last 5 000 training images determine the best epoch. The 10 000 test images are used once, at the end.
 *
 * Expected: at least 88.5 % test accuracy after 10 epochs, for both fields; the exit status is 1 if it is not reached.
 * Build: cc fashion_mnist.c $(pkg-config --cflags --libs stableode)
 */
#include <stableode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS = 784, CLASSES = 10, VALIDATION = 5000 };
static const double expected_accuracy = 0.885;

static void check(sode_status status) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", sode_status_name(status), sode_last_error_message());
  exit(1);
}

static sode_network *make_network(const char *field) {
  const char *dynamics =
      strcmp(field, "antisymmetric") == 0
          ? "{\"field\": \"antisymmetric\", \"gamma\": 0.1, \"integrator\": \"euler\", \"layers\": 32, \"horizon\": 4.0}"
          : "{\"field\": \"hamiltonian\", \"integrator\": \"verlet\", \"layers\": 32, \"horizon\": 4.0}";
  float shift[PIXELS] = {0}, scale[PIXELS];
  int64_t shape[1] = {PIXELS};
  sode_tensor shifts = sode_tensor_f32(shift, 1, shape), scales = sode_tensor_f32(scale, 1, shape);
  sode_specification *specification;
  sode_network *network;
  int i;

  check(sode_specification_create(&specification));
  check(sode_specification_set_int(specification, "inputs", PIXELS));
  check(sode_specification_set_int(specification, "outputs", CLASSES));
  check(sode_specification_set_text(specification, "opening", "dense"));
  check(sode_specification_set_int(specification, "width", 128));
  check(sode_specification_set_int(specification, "seed", 1));
  check(sode_specification_set_json(specification, dynamics, SODE_TEXT_END));
  check(sode_network_create(specification, &network));
  sode_specification_free(specification);

  /* Pixels are 0 ... 255. The scaling is saved with the model, so the model always takes raw pixels. */
  for (i = 0; i < PIXELS; i++) scale[i] = 1.0f / 255.0f;
  check(sode_network_set_normalization(network, &shifts, &scales));
  return network;
}

static sode_dataset *load(const char *folder, const char *name) {
  char images[1024], labels[1024];
  sode_dataset *dataset;
  snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, name);
  snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, name);
  check(sode_dataset_load_idx(images, labels, &dataset));
  return dataset;
}

static int32_t show_epoch(const sode_progress *progress, void *user_data) {
  *(double *)user_data = progress->seconds;
  if (progress->kind == SODE_PROGRESS_EPOCH) {
    printf("epoch %2lld  loss %.4f  training %.2f %%  validation %.2f %%  %.1f s%s\n", (long long)progress->epoch, progress->training_loss,
           100 * progress->training_accuracy, 100 * progress->validation_accuracy, progress->seconds, progress->is_best ? "  best" : "");
    fflush(stdout);
  }
  return 0;
}

/* Computes the scores of all images in one call and writes them to a raw file. */
static void write_scores(sode_network *network, sode_dataset *images, const char *path) {
  sode_dataset_info info = {.struct_size = sizeof info};
  int64_t pixel_shape[2] = {0, PIXELS}, score_shape[2] = {0, CLASSES};
  sode_tensor features, scores;
  FILE *file;
  size_t written;

  check(sode_dataset_describe(images, &info));
  pixel_shape[0] = score_shape[0] = info.samples;
  features = sode_tensor_u8(malloc((size_t)info.samples * PIXELS), 2, pixel_shape);
  scores = sode_tensor_f32(malloc((size_t)info.samples * CLASSES * sizeof(float)), 2, score_shape);
  check(sode_dataset_get(images, &features, NULL));
  check(sode_network_predict(network, &features, SODE_SCORES, 1, &scores));
  file = fopen(path, "wb");
  written = file ? fwrite(scores.data, sizeof(float), (size_t)info.samples * CLASSES, file) : 0;
  if (!file || fclose(file) != 0 || written != (size_t)info.samples * CLASSES) {
    perror(path);
    exit(1);
  }
  free(features.data);
  free(scores.data);
}

int main(int count, char **arguments) {
  const char *field = count > 1 ? arguments[1] : "antisymmetric", *model = count > 2 ? arguments[2] : "-";
  const char *scores = count > 3 ? arguments[3] : "-", *folder = count > 4 ? arguments[4] : "/usr/share/datasets/fashion-mnist";
  sode_dataset *images = load(folder, "train"), *test = load(folder, "t10k"), *training, *validation;
  sode_dataset_info info = {.struct_size = sizeof info};
  sode_evaluation result = {sizeof result, 0, 0, 0, 0, {0}};
  sode_network *network = make_network(field);
  sode_trainer *trainer;
  double seconds = 0;
  int64_t peak;

  check(sode_dataset_describe(images, &info));
  check(sode_dataset_slice(images, 0, info.samples - VALIDATION, &training));
  check(sode_dataset_slice(images, info.samples - VALIDATION, VALIDATION, &validation));

  check(sode_trainer_create(network, &trainer));
  check(sode_trainer_set_json(trainer,
                              "{\"optimizer\": \"adamw\", \"learning_rate\": 2e-3, \"weight_decay\": 1e-2, \"schedule\": \"cosine\","
                              " \"batch_size\": 128, \"epochs\": 10}",
                              SODE_TEXT_END));
  if (count > 5) check(sode_trainer_set_int(trainer, "epochs", atoll(arguments[5])));
  check(sode_trainer_set_callback(trainer, show_epoch, &seconds));
  check(sode_trainer_run(trainer, training, validation, NULL));

  check(sode_network_evaluate(network, test, 0, &result));
  check(sode_memory_usage(NULL, &peak));
  printf("%s: test accuracy %.2f %%, trained in %.1f s, at most %.0f MB of arrays\n", field, 100 * result.accuracy, seconds, (double)peak / 1e6);
  if (strcmp(model, "-") != 0) check(sode_network_save(network, model));
  if (strcmp(scores, "-") != 0) write_scores(network, test, scores);

  sode_trainer_free(trainer);
  sode_network_free(network);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  sode_dataset_free(images);
  sode_dataset_free(test);
  if (count <= 5 && result.accuracy < expected_accuracy) {
    fprintf(stderr, "expected at least %.1f %%\n", 100 * expected_accuracy);
    return 1;
  }
  return 0;
}
