/* Outputs at every step of a sequence: shapes of scores and classes, targets that are not observed, and derivatives. */
#include <math.h>
#include <stableode.h>

#include "check.h"

enum { SAMPLES = 9, STEPS = 4, OUTPUTS = 3, MOST = 512 };

static float features[SAMPLES * STEPS], scores[SAMPLES][STEPS][OUTPUTS], flat[SAMPLES][STEPS * OUTPUTS], turned[STEPS][SAMPLES][OUTPUTS];
static int64_t classes[SAMPLES][STEPS];
static int32_t labels[SAMPLES][STEPS];
static double values[SAMPLES][STEPS][OUTPUTS], given[SAMPLES][STEPS][OUTPUTS], slopes[MOST], shift[OUTPUTS], scale[OUTPUTS];

static int64_t feature_shape[2] = {SAMPLES, STEPS}, score_shape[3] = {SAMPLES, STEPS, OUTPUTS}, flat_shape[2] = {SAMPLES, STEPS * OUTPUTS};

static sode_network *made(const char *loss, const char *at) {
  sode_network *network = NULL;
  char json[400];
  snprintf(json, sizeof json,
           "{\"opening\": \"sequence\", \"field\": \"antisymmetric_rnn\", \"inputs\": %d, \"outputs\": %d, \"width\": 5, \"layers\": %d, "
           "\"outputs_at\": \"%s\", \"loss\": \"%s\", \"seed\": 2}",
           (int)STEPS, (int)OUTPUTS, (int)STEPS, at, loss);
  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  return network;
}

static void classify(void) {
  sode_network *network = made("softmax_cross_entropy", "steps");
  sode_network_info info = {.struct_size = sizeof info};
  sode_evaluation evaluation = {.struct_size = sizeof evaluation};
  sode_dataset *data = NULL;
  sode_predictor *predictor = NULL;
  int64_t class_shape[2] = {SAMPLES, STEPS}, uneven[3] = {OUTPUTS, SAMPLES * OUTPUTS, 1}, one[1] = {SAMPLES};
  sode_tensor x = sode_tensor_f32(features, 2, feature_shape), out = sode_tensor_f32(scores[0][0], 3, score_shape), row = sode_tensor_f32(flat[0], 2, flat_shape);
  sode_tensor apart = sode_tensor_f32(turned[0][0], 3, score_shape), chosen = sode_tensor_i64(classes[0], 2, class_shape), targets = sode_tensor_i32(labels[0], 2, class_shape);
  sode_tensor single = sode_tensor_i64(classes[0], 1, one);
  int sample, step, output, seen = 0, right = 0;
  double loss = 0;

  CHECK_OK(sode_network_describe(network, &info));
  CHECK(info.outputs == OUTPUTS && info.steps == STEPS && info.class_columns == STEPS && info.targets == 0);
  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 1, &out));
  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 1, &row));
  CHECK(memcmp(scores, flat, sizeof scores) == 0);
  CHECK_OK(sode_network_predict(network, &x, SODE_CLASSES, 1, &chosen));
  CHECK_ERROR(sode_network_predict(network, &x, SODE_CLASSES, 1, &single), SODE_ERR_SHAPE_MISMATCH, "samples, steps");
  apart.strides = uneven;
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &apart), SODE_ERR_INVALID_ARGUMENT, "equal distances");
  CHECK_OK(sode_predictor_create(network, SAMPLES, 1, &predictor));
  CHECK_OK(sode_predictor_run_f32(predictor, features, SAMPLES, SODE_SCORES, flat[0]));
  CHECK(memcmp(scores, flat, sizeof scores) == 0);
  for (sample = 0; sample < SAMPLES; sample++) {
    for (step = 0; step < STEPS; step++) {
      const float *s = scores[sample][step];
      double top = fmax(fmax(s[0], s[1]), s[2]), sum = 0;
      int label = labels[sample][step] = (sample + step) % 4 == 3 ? -1 : (sample + 2 * step) % OUTPUTS;
      for (output = 0; output < OUTPUTS; output++) sum += exp(s[output] - top);
      CHECK(s[classes[sample][step]] == (float)top);
      if (label < 0) continue;
      loss += log(sum) + top - s[label];
      right += classes[sample][step] == label;
      seen++;
    }
  }
  CHECK_OK(sode_dataset_create(&x, &targets, &data));
  CHECK_OK(sode_network_evaluate(network, data, 1, &evaluation));
  CHECK(fabs(evaluation.loss - loss / seen) < 1e-6 && evaluation.accuracy == (double)right / seen && evaluation.samples == SAMPLES);
  sode_dataset_free(data);
  labels[2][1] = OUTPUTS;
  CHECK_OK(sode_dataset_create(&x, &targets, &data));
  CHECK_ERROR(sode_network_evaluate(network, data, 1, &evaluation), SODE_ERR_INVALID_DATA, "row 2, step 1");
  sode_dataset_free(data);
  sode_predictor_free(predictor);
  sode_network_free(network);
}

static void regress(void) {
  sode_network *network = made("least_squares", "steps"), *plain = made("least_squares", "end");
  sode_network_info info = {.struct_size = sizeof info};
  sode_dataset *data = NULL;
  sode_gradient *gradient = NULL;
  int64_t count, vector[1] = {OUTPUTS};
  sode_tensor x = sode_tensor_f32(features, 2, feature_shape), targets = sode_tensor_f64(values[0][0], 3, score_shape), out = sode_tensor_f32(scores[0][0], 3, score_shape);
  sode_tensor back = sode_tensor_f64(given[0][0], 3, score_shape), result, shifts = sode_tensor_f64(shift, 1, vector), scales = sode_tensor_f64(scale, 1, vector);
  double loss = NAN, sum = 0;
  int sample, step, output, steps = 0;

  CHECK_OK(sode_network_describe(network, &info));
  CHECK(info.targets == STEPS * OUTPUTS && info.class_columns == 0);
  count = info.parameters;
  result = sode_tensor_f64(slopes, 1, &count);
  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 1, &out));
  for (sample = 0; sample < SAMPLES; sample++) {
    for (step = 0; step < STEPS; step++) {
      int seen = 0;
      for (output = 0; output < OUTPUTS; output++) {
        int missing = (sample + step) % 3 == 1 || (sample + output) % 4 == 0;
        values[sample][step][output] = missing ? NAN : 0.1 * sample - step + output;
        if (missing) continue;
        sum += 0.5 * pow(scores[sample][step][output] - (float)values[sample][step][output], 2);
        seen = 1;
      }
      steps += seen;
    }
  }
  CHECK_OK(sode_gradient_create(network, SAMPLES, NULL, 1, &gradient));
  CHECK_OK(sode_gradient_run(gradient, &x, &targets, &loss, &result));
  CHECK(fabs(loss - sum / steps) < 1e-5 * loss);
  CHECK_OK(sode_dataset_create(&x, &targets, &data));
  CHECK_OK(sode_dataset_get(data, NULL, &back));
  CHECK(memcmp(values, given, sizeof values) == 0);
  scale[0] = scale[1] = scale[2] = 2;
  CHECK_OK(sode_network_set_target_scaling(network, &shifts, &scales));
  CHECK_OK(sode_network_get_target_scaling(network, &shifts, NULL));
  sode_gradient_free(gradient);
  CHECK_OK(sode_gradient_create(plain, SAMPLES, NULL, 1, &gradient));
  CHECK_ERROR(sode_gradient_run(gradient, &x, &targets, &loss, NULL), SODE_ERR_SHAPE_MISMATCH, "[9, 3]");
  sode_gradient_free(gradient);
  sode_dataset_free(data);
  sode_network_free(plain);
  sode_network_free(network);
}

int main(void) {
  int i;
  for (i = 0; i < SAMPLES * STEPS; i++) features[i] = sinf((float)i);
  classify();
  regress();
  return FINISH();
}
