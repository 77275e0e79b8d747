/*
 * Fashion-MNIST with a convolutional leapfrog network, trained and saved in C: the network and the training of examples/python/image_network.py, with the same figures.
 *
 *   image_network [EPOCHS [IMAGES [MODEL [FOLDER]]]]
 *
 *   EPOCHS  passes over the training images; 3 by default
 *   IMAGES  the first so many training images; 60000 by default
 *   MODEL   the file of the trained model, which serve_images.c serves; none by default
 *   FOLDER  folder of the IDX files; Debian's package dataset-fashion-mnist by default
 *
 * Three stages of 8, 16 and 32 channels: in each, the state follows six steps of y'' = -K'tanh(Ky + b) with convolutions K, which oscillates instead of growing.
 * Build: cc image_network.c $(pkg-config --cflags --libs stableode)
 */
#include <stableode.h>
#include <stdio.h>
#include <stdlib.h>

#define STAGE "{\"field\": \"gradient_flow\", \"operator\": \"convolution\", \"integrator\": \"leapfrog\", \"layers\": 6, \"horizon\": 3.0}"
#define HALVE "{\"connector\": \"average_pooling\"}"

static const char network_json[] =
  "{\"input_shape\": [1, 28, 28], \"outputs\": 10, \"seed\": 1, \"blocks\": ["
  "  {\"connector\": \"convolution\", \"channels\": 8, \"activation\": \"tanh\"}, " STAGE ","
  "  " HALVE ", {\"connector\": \"convolution\", \"kernel\": 1, \"channels\": 16}, " STAGE ","
  "  " HALVE ", {\"connector\": \"convolution\", \"kernel\": 1, \"channels\": 32}, " STAGE ","
  "  {\"connector\": \"global_average\"}]}";

static void check(sode_status status) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", sode_status_name(status), sode_last_error_message());
  exit(1);
}

static sode_dataset *read_images(const char *folder, const char *name) {
  char images[1024], labels[1024];
  sode_dataset *dataset;
  snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, name);
  snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, name);
  check(sode_dataset_load_idx(images, labels, &dataset));
  return dataset;
}

/* Prints each epoch as it ends. */
static int32_t on_progress(const sode_progress *progress, void *user_data) {
  (void)user_data;
  if (progress->kind == SODE_PROGRESS_EPOCH) printf("epoch %2d  loss %.4f  %.0f s\n", (int)progress->epoch, progress->training_loss, progress->seconds);
  fflush(stdout);
  return 0;
}

int main(int argc, char **argv) {
  int epochs = argc > 1 ? atoi(argv[1]) : 3;
  long count = argc > 2 ? atol(argv[2]) : 60000;
  const char *folder = argc > 4 ? argv[4] : "/usr/share/datasets/fashion-mnist";
  sode_dataset *all = read_images(folder, "train"), *test = read_images(folder, "t10k"), *training;
  sode_network *network;
  sode_trainer *trainer;
  sode_evaluation evaluation = {.struct_size = sizeof evaluation};
  char json[256];

  check(sode_dataset_slice(all, 0, count, &training));
  check(sode_network_create_json(network_json, SODE_TEXT_END, &network));
  check(sode_network_fit_normalization(network, training));
  check(sode_trainer_create(network, &trainer));
  snprintf(json, sizeof json, "{\"epochs\": %d, \"optimizer\": \"adam\", \"learning_rate\": 1e-2, \"schedule\": \"cosine\", \"batch_size\": 128}", epochs);
  check(sode_trainer_set_json(trainer, json, SODE_TEXT_END));
  check(sode_trainer_set_callback(trainer, on_progress, NULL));
  check(sode_trainer_run(trainer, training, NULL, NULL));
  check(sode_network_evaluate(network, test, 0, &evaluation));
  printf("test accuracy %.2f %%\n", 100 * evaluation.accuracy);
  if (argc > 3) check(sode_network_save(network, argv[3]));

  sode_trainer_free(trainer);
  sode_network_free(network);
  sode_dataset_free(training);
  sode_dataset_free(all);
  sode_dataset_free(test);
  return 0;
}
