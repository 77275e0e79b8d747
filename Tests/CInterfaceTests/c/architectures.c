/* Every network of the literature, by its name: trained for one epoch on some images, saved, loaded, and serving the same bits. With SODE_ARCHITECTURE_IMAGES=2000 in the environment the networks
 * have all their layers and learn from so many images, which takes about an hour; arguments name the only ones to train. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

/* A multiple of 8. */
static int64_t samples = 16;

static int ends_with(const char *text, const char *end) { return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0; }

static void sweep(const char *name) {
  int is_gray = strncmp(name, "hr_", 3) == 0 || strncmp(name, "near_identity", 13) == 0;
  int64_t side = is_gray ? 28 : ends_with(name, "stl10") ? 96 : 32, channels = is_gray ? 1 : 3, outputs = ends_with(name, "cifar100") ? 100 : 10;
  int64_t shape[4] = {samples, channels, side, side}, label_shape[1] = {samples}, score_shape[2] = {samples, outputs}, i, pixels = samples * channels * side * side;
  uint8_t *images = malloc((size_t)pixels);
  int64_t *labels = malloc((size_t)samples * sizeof(int64_t));
  float *scores = malloc((size_t)(samples * outputs) * sizeof(float)), *again = malloc((size_t)(samples * outputs) * sizeof(float));
  sode_tensor x = sode_tensor_u8(images, 4, shape), y = sode_tensor_i64(labels, 1, label_shape);
  sode_tensor out = sode_tensor_f32(scores, 2, score_shape), out_again = sode_tensor_f32(again, 2, score_shape);
  sode_network *network = NULL, *loaded = NULL;
  sode_dataset *data = NULL;
  sode_trainer *trainer = NULL;
  char json[512];

  for (i = 0; i < pixels; i++) images[i] = (uint8_t)(i * 2654435761u >> 13);
  for (i = 0; i < samples; i++) labels[i] = i % outputs;
  /* With few images, two layers in each block and few groups, so that every name is quick. */
  snprintf(json, sizeof json, "{\"architecture\": \"%s\", \"input_shape\": [%d, %d, %d], \"outputs\": %d%s%s}", name, (int)channels, (int)side, (int)side, (int)outputs,
           samples < 1000 ? ", \"layers\": 2" : "", samples < 1000 && strcmp(name, "lm_resnext_29") == 0 ? ", \"cardinality\": 2, \"base_width\": 4" : "");
  if (!CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network))) printf("%s\n", name);
  CHECK_OK(sode_dataset_create(&x, &y, &data));
  CHECK_OK(sode_network_fit_normalization(network, data));
  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_OK(sode_trainer_set_json(trainer, "{\"epochs\": 1, \"batch_size\": 8, \"optimizer\": \"sgd\", \"learning_rate\": 0.001, \"crop_margin\": 2, \"flip\": true}", SODE_TEXT_END));
  if (!CHECK_OK(sode_trainer_run(trainer, data, NULL, NULL))) printf("%s\n", name);
  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 0, &out));
  CHECK_OK(sode_network_save(network, "architecture.sode"));
  CHECK_OK(sode_network_load("architecture.sode", &loaded));
  CHECK_OK(sode_network_predict(loaded, &x, SODE_SCORES, 1, &out_again));
  if (!CHECK(memcmp(scores, again, sizeof(float) * (size_t)(samples * outputs)) == 0)) printf("%s\n", name);
  if (samples >= 1000) {
    printf("%s: trained on %d images\n", name, (int)samples);
    fflush(stdout);
  }
  sode_trainer_free(trainer);
  sode_network_free(loaded);
  sode_network_free(network);
  sode_dataset_free(data);
  remove("architecture.sode");
  free(labels);
  free(scores);
  free(again);
  free(images);
}

static int is_chosen(const char *name, int count, char **names) {
  int i;
  for (i = 1; i < count; i++) {
    if (strcmp(name, names[i]) == 0) return 1;
  }
  return count < 2;
}

int main(int argument_count, char **arguments) {
  int64_t count = 0, i;
  const char *name = NULL, *help = NULL;
  sode_network *network = NULL;
  if (getenv("SODE_ARCHITECTURE_IMAGES")) samples = atoll(getenv("SODE_ARCHITECTURE_IMAGES"));
  CHECK_OK(sode_registry_count("architectures", &count));
  CHECK(count >= 30);
  for (i = 0; i < count; i++) {
    CHECK_OK(sode_registry_at("architectures", i, &name, &help));
    if (is_chosen(name, argument_count, arguments)) sweep(name);
  }
  CHECK_ERROR(sode_network_create_json("{\"architecture\": \"resnet_21\", \"input_shape\": [3, 32, 32], \"outputs\": 10}", SODE_TEXT_END, &network), SODE_ERR_UNKNOWN_NAME, "resnet_20");
  CHECK_ERROR(sode_network_create_json("{\"architecture\": \"resnet_20\", \"outputs\": 10}", SODE_TEXT_END, &network), SODE_ERR_INVALID_ARGUMENT, "input_shape");
  return FINISH();
}
