/* Every network of the literature, by its name: trained for one epoch on some images, saved, loaded, and serving the same bits. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { SAMPLES = 16 };

static int ends_with(const char *text, const char *end) { return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0; }

static void sweep(const char *name) {
  int is_gray = strncmp(name, "hr_", 3) == 0 || strncmp(name, "near_identity", 13) == 0;
  int64_t side = is_gray ? 28 : ends_with(name, "stl10") ? 96 : 32, channels = is_gray ? 1 : 3, outputs = ends_with(name, "cifar100") ? 100 : 10;
  int64_t shape[4] = {SAMPLES, channels, side, side}, label_shape[1] = {SAMPLES}, score_shape[2] = {SAMPLES, outputs}, i, pixels = SAMPLES * channels * side * side;
  uint8_t *images = malloc((size_t)pixels);
  int64_t labels[SAMPLES];
  float scores[SAMPLES * 100], again[SAMPLES * 100];
  sode_tensor x = sode_tensor_u8(images, 4, shape), y = sode_tensor_i64(labels, 1, label_shape);
  sode_tensor out = sode_tensor_f32(scores, 2, score_shape), out_again = sode_tensor_f32(again, 2, score_shape);
  sode_network *network = NULL, *loaded = NULL;
  sode_dataset *data = NULL;
  sode_trainer *trainer = NULL;
  char json[512];

  for (i = 0; i < pixels; i++) images[i] = (uint8_t)(i * 2654435761u >> 13);
  for (i = 0; i < SAMPLES; i++) labels[i] = i % outputs;
  /* Two layers in each block, and few groups, so that every name is quick. */
  snprintf(json, sizeof json, "{\"architecture\": \"%s\", \"input_shape\": [%d, %d, %d], \"outputs\": %d, \"layers\": 2%s}", name, (int)channels, (int)side, (int)side, (int)outputs,
           strcmp(name, "lm_resnext_29") == 0 ? ", \"cardinality\": 2, \"base_width\": 4" : "");
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
  if (!CHECK(memcmp(scores, again, sizeof(float) * (size_t)(SAMPLES * outputs)) == 0)) printf("%s\n", name);
  sode_trainer_free(trainer);
  sode_network_free(loaded);
  sode_network_free(network);
  sode_dataset_free(data);
  remove("architecture.sode");
  free(images);
}

int main(void) {
  int64_t count = 0, i;
  const char *name = NULL, *help = NULL;
  sode_network *network = NULL;
  CHECK_OK(sode_registry_count("architectures", &count));
  CHECK(count >= 30);
  for (i = 0; i < count; i++) {
    CHECK_OK(sode_registry_at("architectures", i, &name, &help));
    sweep(name);
  }
  CHECK_ERROR(sode_network_create_json("{\"architecture\": \"resnet_21\", \"input_shape\": [3, 32, 32], \"outputs\": 10}", SODE_TEXT_END, &network), SODE_ERR_UNKNOWN_NAME, "resnet_20");
  CHECK_ERROR(sode_network_create_json("{\"architecture\": \"resnet_20\", \"outputs\": 10}", SODE_TEXT_END, &network), SODE_ERR_INVALID_ARGUMENT, "input_shape");
  return FINISH();
}
