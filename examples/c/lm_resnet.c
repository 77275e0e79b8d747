/*
 * LM-ResNet-20 beside ResNet-20 on Fashion-MNIST: two networks of the literature by name, trained in C.
 *
 *   lm_resnet [EPOCHS [IMAGES [FOLDER]]]
 *
 *   EPOCHS  passes over the training images; 2 by default
 *   IMAGES  the first so many training images; 4000 by default
 *   FOLDER  folder of the IDX files; Debian's package dataset-fashion-mnist by default
 *
 * Build: cc lm_resnet.c $(pkg-config --cflags --libs stableode)
 */
#include <stableode.h>
#include <stdio.h>
#include <stdlib.h>

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
  if (progress->kind == SODE_PROGRESS_EPOCH) printf("  epoch %d  loss %.4f  %.0f s\n", (int)progress->epoch, progress->training_loss, progress->seconds);
  fflush(stdout);
  return 0;
}

int main(int argc, char **argv) {
  int epochs = argc > 1 ? atoi(argv[1]) : 2;
  long count = argc > 2 ? atol(argv[2]) : 4000;
  const char *folder = argc > 3 ? argv[3] : "/usr/share/datasets/fashion-mnist", *names[2] = {"resnet_20", "lm_resnet_20"};
  sode_dataset *all = read_images(folder, "train"), *test = read_images(folder, "t10k"), *training;
  int i;

  check(sode_dataset_slice(all, 0, count, &training));
  for (i = 0; i < 2; i++) {
    sode_network *network;
    sode_trainer *trainer;
    sode_evaluation evaluation = {.struct_size = sizeof evaluation};
    sode_network_info info = {.struct_size = sizeof info};
    char json[256];
    snprintf(json, sizeof json, "{\"architecture\": \"%s\", \"input_shape\": [1, 28, 28], \"outputs\": 10, \"seed\": 1}", names[i]);
    check(sode_network_create_json(json, SODE_TEXT_END, &network));
    check(sode_network_describe(network, &info));
    printf("%s, %d parameters\n", names[i], (int)(info.parameters - info.running_averages));
    check(sode_network_fit_normalization(network, training));
    check(sode_trainer_create(network, &trainer));
    snprintf(json, sizeof json,
             "{\"epochs\": %d, \"optimizer\": \"sgd\", \"learning_rate\": 0.1, \"momentum\": 0.9, \"nesterov\": true, \"weight_decay\": 5e-4, "
             "\"schedule\": \"cosine\", \"batch_size\": 128, \"crop_margin\": 2, \"flip\": true}", epochs);
    check(sode_trainer_set_json(trainer, json, SODE_TEXT_END));
    check(sode_trainer_set_callback(trainer, on_progress, NULL));
    check(sode_trainer_run(trainer, training, NULL, NULL));
    check(sode_network_evaluate(network, test, 0, &evaluation));
    printf("  test accuracy %.2f %%\n", 100 * evaluation.accuracy);
    sode_trainer_free(trainer);
    sode_network_free(network);
  }
  sode_dataset_free(training);
  sode_dataset_free(all);
  sode_dataset_free(test);
  return 0;
}
