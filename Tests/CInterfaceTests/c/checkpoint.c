/* A trainer that is saved after an epoch and loaded continues bit for bit, and its file can be loaded as a model too. Products with second derivatives are
 * symmetric, and the two kinds agree where they must. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

static const char *const specification =
    "{\"inputs\": 2, \"outputs\": 2, \"width\": 4, \"field\": \"antisymmetric\", \"layers\": 4, \"horizon\": 2, \"seed\": 1, \"precision\": \"float64\"}";

enum { parameters = 4 * 20 + 10 };

static void values(sode_network *network, double *out) {
  int64_t shape[1] = {parameters};
  sode_tensor tensor = sode_tensor_f64(out, 1, shape);
  CHECK_OK(sode_network_get_parameters(network, &tensor));
}

int main(void) {
  sode_network *network = NULL, *loaded = NULL, *model = NULL, *none = NULL;
  sode_trainer *trainer = NULL, *next = NULL, *nobody = NULL;
  sode_dataset *training = NULL, *validation = NULL;
  sode_gradient *gradient = NULL;
  sode_limits one_epoch;
  double first[parameters], second[parameters], along[parameters], across[parameters], product[parameters], other[parameters];
  double x[6] = {0.3, -0.2, 0.1, 0.9, -0.7, 0.4}, left = 0, right = 0, square = 0;
  int32_t labels[3] = {0, 1, 1};
  int64_t features[2] = {3, 2}, samples[1] = {3}, all[1] = {parameters};
  int64_t rows = 0;
  int i;
  sode_tensor features_tensor = sode_tensor_f64(x, 2, features), targets = sode_tensor_i32(labels, 1, samples);
  sode_tensor direction = sode_tensor_f64(along, 1, all), turned = sode_tensor_f64(across, 1, all);
  sode_tensor result = sode_tensor_f64(product, 1, all), result_turned = sode_tensor_f64(other, 1, all);

  memset(&one_epoch, 0, sizeof one_epoch);
  one_epoch.struct_size = sizeof one_epoch;
  one_epoch.epochs = 1;
  CHECK_OK(sode_dataset_create_problem("ellipses", 200, 100, 1, &training, &validation));
  CHECK_OK(sode_network_create_json(specification, SODE_TEXT_END, &network));
  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_OK(sode_trainer_set_json(trainer, "{\"optimizer\": \"lbfgs\", \"epochs\": 3, \"num_threads\": 1}", SODE_TEXT_END));
  CHECK_OK(sode_trainer_run(trainer, training, validation, &one_epoch));
  CHECK_OK(sode_trainer_save(trainer, "run.checkpoint"));
  CHECK_OK(sode_trainer_run(trainer, training, validation, NULL));
  CHECK_OK(sode_trainer_load("run.checkpoint", &loaded, &next));
  CHECK_OK(sode_trainer_history_count(next, &rows));
  CHECK(rows == 1);
  CHECK_OK(sode_trainer_run(next, training, validation, NULL));
  values(network, first);
  values(loaded, second);
  CHECK(memcmp(first, second, sizeof first) == 0);

  CHECK_OK(sode_network_load("run.checkpoint", &model));
  CHECK_OK(sode_network_save(model, "model.safetensors"));
  CHECK_ERROR(sode_trainer_load("model.safetensors", &none, &nobody), SODE_ERR_FILE_FORMAT, "not a checkpoint");
  CHECK_ERROR(sode_trainer_load("missing", &none, &nobody), SODE_ERR_FILE, "missing");
  CHECK_ERROR(sode_trainer_save(trainer, "nowhere/run"), SODE_ERR_FILE, "nowhere");
  CHECK(none == NULL && nobody == NULL);

  for (i = 0; i < parameters; i++) along[i] = (double)(i % 7) - 3, across[i] = (double)(i % 5) - 2;
  CHECK_OK(sode_gradient_create(network, 3, NULL, 1, &gradient));
  CHECK_OK(sode_gradient_curvature(gradient, "gauss_newton", &features_tensor, &targets, &direction, &result));
  CHECK_OK(sode_gradient_curvature(gradient, "gauss_newton", &features_tensor, &targets, &turned, &result_turned));
  for (i = 0; i < parameters; i++) left += across[i] * product[i], right += along[i] * other[i], square += along[i] * product[i];
  CHECK(left - right < 1e-12 && right - left < 1e-12 && square >= 0);
  CHECK_OK(sode_gradient_curvature(gradient, "hessian", &features_tensor, &targets, &direction, &result));
  CHECK_OK(sode_gradient_curvature(gradient, "hessian", &features_tensor, &targets, &turned, &result_turned));
  left = right = 0;
  for (i = 0; i < parameters; i++) left += across[i] * product[i], right += along[i] * other[i];
  CHECK(left - right < 1e-8 && right - left < 1e-8);
  CHECK_ERROR(sode_gradient_curvature(gradient, "hesian", &features_tensor, &targets, &direction, &result), SODE_ERR_UNKNOWN_NAME, "hessian");

  sode_gradient_free(gradient);
  sode_trainer_free(trainer);
  sode_trainer_free(next);
  sode_network_free(network);
  sode_network_free(loaded);
  sode_network_free(model);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  return FINISH();
}
