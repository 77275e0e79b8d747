/* Metrics of a network of zeros, which predicts class 0 with equal probabilities for every sample, compared with values computed by hand. */
#include <math.h>
#include <stableode.h>

#include "check.h"

/* Two labels for each of three samples, whose scores are their features: predictions as labels and as probabilities, and figures with weights 1, 0 and 3. */
static void several_labels(void) {
  const char *json = "{\"inputs\": 2, \"outputs\": 2, \"readout\": \"identity\", \"field\": \"dense\", \"layers\": 1, \"precision\": \"float64\", \"loss\": \"multilabel_logistic\"}";
  sode_network *network = NULL;
  sode_dataset *dataset = NULL, *weighted = NULL;
  sode_network_info info;
  sode_evaluation evaluation;
  double scores[6] = {1, -1, 2, 3, -1, -2}, truth[6] = {1, 0, 0, 1, 1, 0}, wrong[6] = {1, 0, 0, 1, 1, 2}, weight[3] = {1, 0, 3}, zeros[64] = {0};
  double values[2], probabilities[6], figures[8], expected;
  int64_t classes[6], shape[2] = {3, 2}, weight_shape[1] = {3}, parameter_shape[1], value_shape[1] = {2}, figure_shape[2] = {2, 4};
  sode_tensor features = sode_tensor_f64(scores, 2, shape), targets = sode_tensor_f64(truth, 2, shape), outside = sode_tensor_f64(wrong, 2, shape);
  sode_tensor weights = sode_tensor_f64(weight, 1, weight_shape), metric_tensor = sode_tensor_f64(values, 1, value_shape), parameters;
  sode_tensor class_tensor = sode_tensor_i64(classes, 2, shape), flat = sode_tensor_i64(classes, 1, weight_shape);
  sode_tensor probability_tensor = sode_tensor_f64(probabilities, 2, shape), figure_tensor = sode_tensor_f64(figures, 2, figure_shape);

  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_OK(sode_network_describe(network, &info));
  CHECK(info.targets == 2 && info.class_columns == 2 && info.parameters <= 64);
  parameter_shape[0] = info.parameters;
  parameters = sode_tensor_f64(zeros, 1, parameter_shape);
  CHECK_OK(sode_network_set_parameters(network, &parameters));

  CHECK_OK(sode_network_predict(network, &features, SODE_CLASSES, 1, &class_tensor));
  CHECK(classes[0] == 1 && classes[1] == 0 && classes[2] == 1 && classes[3] == 1 && classes[4] == 0 && classes[5] == 0);
  CHECK_ERROR(sode_network_predict(network, &features, SODE_CLASSES, 1, &flat), SODE_ERR_SHAPE_MISMATCH, "[3, 2]");
  CHECK_OK(sode_network_predict(network, &features, SODE_PROBABILITIES, 1, &probability_tensor));
  CHECK(fabs(probabilities[3] - 1 / (1 + exp(-3))) < 1e-15);

  CHECK_OK(sode_dataset_create(&features, &outside, &dataset));
  memset(&evaluation, 0, sizeof evaluation);
  evaluation.struct_size = sizeof evaluation;
  CHECK_ERROR(sode_network_evaluate(network, dataset, 1, &evaluation), SODE_ERR_INVALID_DATA, "row 2, column 1");
  sode_dataset_free(dataset);
  CHECK_OK(sode_dataset_create(&features, &targets, &dataset));
  CHECK_OK(sode_dataset_weighted(dataset, &weights, &weighted));
  /* The samples have 0, 1 and 1 wrong labels. */
  CHECK_OK(sode_network_metrics(network, weighted, 1, "hamming_loss,subset_accuracy", &metric_tensor));
  CHECK(values[0] == 2.0 / 6 && values[1] == 1.0 / 3);
  CHECK_OK(sode_network_metrics_weighted(network, weighted, 1, "hamming_loss,subset_accuracy", &metric_tensor));
  CHECK(values[0] == 3.0 / 8 && values[1] == 1.0 / 4);
  CHECK_OK(sode_network_evaluate_weighted(network, weighted, 1, &evaluation));
  expected = (2 * log1p(exp(-1)) + 3 * (log1p(exp(1)) + log1p(exp(-2)))) / 4;
  CHECK(fabs(evaluation.loss - expected) < 1e-14 && isnan(evaluation.accuracy) && evaluation.samples == 3);
  CHECK_OK(sode_network_class_figures(network, dataset, 1, &figure_tensor));
  CHECK(figures[0] == 0.5 && figures[1] == 0.5 && figures[3] == 2 && figures[6] == 1 && figures[7] == 1);
  sode_dataset_free(weighted);
  sode_dataset_free(dataset);
  sode_network_free(network);
}

int main(void) {
  const char *json = "{\"inputs\": 2, \"outputs\": 3, \"width\": 4, \"layers\": 2}";
  sode_network *network = NULL;
  sode_dataset *dataset = NULL;
  sode_network_info info;
  float points[12] = {0}, zeros[256] = {0};
  int32_t labels[6] = {0, 1, 2, 0, 1, 0};
  double values[3], figures[12];
  int64_t counts[9], point_shape[2] = {6, 2}, label_shape[1] = {6}, parameter_shape[1], value_shape[1] = {3}, square[2] = {3, 3}, figure_shape[2] = {3, 4};
  sode_tensor features = sode_tensor_f32(points, 2, point_shape), targets = sode_tensor_i32(labels, 1, label_shape), parameters;
  sode_tensor metric_tensor = sode_tensor_f64(values, 1, value_shape), count_tensor = sode_tensor_i64(counts, 2, square);
  sode_tensor figure_tensor = sode_tensor_f64(figures, 2, figure_shape);

  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_OK(sode_network_describe(network, &info));
  parameter_shape[0] = info.parameters;
  CHECK(info.parameters <= 256);
  parameters = sode_tensor_f32(zeros, 1, parameter_shape);
  CHECK_OK(sode_network_set_parameters(network, &parameters));
  CHECK_OK(sode_dataset_create(&features, &targets, &dataset));

  /* Half of the samples are of class 0. Its F1 is 2*3/(6 + 3), that of the other classes is 0; the loss is log 3. */
  CHECK_OK(sode_network_metrics(network, dataset, 1, "accuracy,macro_f1,log_loss", &metric_tensor));
  CHECK(values[0] == 0.5 && fabs(values[1] - 2.0 / 9) < 1e-15 && fabs(values[2] - log(3)) < 1e-14);
  CHECK_OK(sode_network_confusion(network, dataset, 0, &count_tensor));
  CHECK(counts[0] == 3 && counts[3] == 2 && counts[6] == 1 && counts[1] == 0 && counts[8] == 0);
  CHECK_OK(sode_network_class_figures(network, dataset, 2, &figure_tensor));
  CHECK(figures[0] == 0.5 && figures[1] == 1 && isnan(figures[4]) && figures[5] == 0 && figures[7] == 2);
  CHECK_ERROR(sode_network_metrics(network, dataset, 1, "accuracy,makro_f1,auc", &metric_tensor), SODE_ERR_UNKNOWN_NAME, "macro_f1");
  CHECK_ERROR(sode_network_metrics(network, dataset, 1, "accuracy", &metric_tensor), SODE_ERR_SHAPE_MISMATCH, "values");

  sode_dataset_free(dataset);
  sode_network_free(network);
  several_labels();
  return FINISH();
}
