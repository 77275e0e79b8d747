/* NULL for every pointer argument of every function: an error that names the argument, or nothing where the header allows NULL. No crash. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

#define REFUSES(call, argument) CHECK_ERROR(call, SODE_ERR_NULL_POINTER, argument)

int main(void) {
  sode_specification *specification = NULL;
  sode_network *network = NULL, *made = NULL;
  sode_dataset *training = NULL, *validation = NULL, *data = NULL;
  sode_trainer *trainer = NULL;
  sode_cancel_token *token = NULL;
  sode_predictor *predictor = NULL;
  sode_gradient *gradient = NULL;
  float numbers[10] = {0};
  double loss;
  int64_t count, shape[2] = {1, 2}, out_shape[2] = {1, 5}, label_shape[1] = {1}, extents[4];
  int32_t label = 0, ndim;
  size_t needed;
  const char *name;
  sode_tensor x = sode_tensor_f32(numbers, 2, shape), y = sode_tensor_i32(&label, 1, label_shape), out = sode_tensor_f32(numbers, 2, out_shape);
  sode_tensor no_data = x, no_shape = x;
  sode_event event = {0};
  sode_evaluation evaluation = {sizeof evaluation, 0, 0, 0, 0, {0}};
  sode_network_info network_info = {sizeof network_info, 0, 0, 0, 0, 0, 0, {0}};
  sode_dataset_info dataset_info;
  sode_option_info option_info;
  sode_network *adaptive = NULL;
  sode_step_report step_report = {sizeof step_report, 0, 0, 0, 0, 0, 0, {0}};
  sode_event_function event_function = {sizeof event_function, 0, NULL, 0, {0}};
  sode_memory_plan memory_plan = {sizeof memory_plan, 0, 0, 0, 0, 0, {0}};
  sode_block_memory block_memory = {sizeof block_memory, 0, NULL, 0, 0, 0, 0, 0, 0, {0}};
  sode_near_identity_gap gap = {sizeof gap, 0, 0, 0, 0, 0, 0, 0, {0}};

  memset(&dataset_info, 0, sizeof dataset_info);
  memset(&option_info, 0, sizeof option_info);
  dataset_info.struct_size = sizeof dataset_info;
  option_info.struct_size = sizeof option_info;
  event.struct_size = sizeof event;
  no_data.data = NULL;
  no_shape.shape = NULL;
  CHECK_OK(sode_specification_create(&specification));
  CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5}", SODE_TEXT_END, &network));
  CHECK_OK(sode_dataset_create_problem("peaks", 50, 50, 1, &training, &validation));
  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_OK(sode_cancel_token_create(&token));
  CHECK_OK(sode_predictor_create(network, 1, 1, &predictor));
  CHECK_OK(sode_gradient_create(network, 1, NULL, 1, &gradient));
  CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5, \"integrator\": \"dopri5\", \"layers\": 1}", SODE_TEXT_END, &adaptive));

  REFUSES(sode_specification_create(NULL), "specification");
  REFUSES(sode_specification_set_int(NULL, "inputs", 1), "specification");
  REFUSES(sode_specification_set_int(specification, NULL, 1), "key");
  REFUSES(sode_specification_set_real(NULL, "horizon", 1), "specification");
  REFUSES(sode_specification_set_real(specification, NULL, 1), "key");
  REFUSES(sode_specification_set_text(NULL, "field", "dense"), "specification");
  REFUSES(sode_specification_set_text(specification, NULL, "dense"), "key");
  REFUSES(sode_specification_set_text(specification, "field", NULL), "value");
  REFUSES(sode_specification_set_json(NULL, "{}", 2), "specification");
  REFUSES(sode_specification_set_json(specification, NULL, SODE_TEXT_END), "text");
  REFUSES(sode_specification_set_json(specification, NULL, 2), "text");
  REFUSES(sode_specification_add_block(NULL), "specification");
  REFUSES(sode_specification_json(NULL, NULL, 0, &needed), "specification");
  REFUSES(sode_specification_json(specification, NULL, 0, NULL), "needed");

  REFUSES(sode_network_create(NULL, &made), "specification");
  REFUSES(sode_network_create(specification, NULL), "network");
  REFUSES(sode_network_create_json(NULL, SODE_TEXT_END, &made), "text");
  REFUSES(sode_network_create_json("{}", 2, NULL), "network");
  REFUSES(sode_network_copy(NULL, &made), "network");
  REFUSES(sode_network_copy(network, NULL), "copy");
  REFUSES(sode_network_json(NULL, NULL, 0, &needed), "network");
  REFUSES(sode_network_json(network, NULL, 0, NULL), "needed");
  REFUSES(sode_network_describe(NULL, &network_info), "network");
  REFUSES(sode_network_describe(network, NULL), "info");
  REFUSES(sode_network_parameter_at(NULL, 0, &name, &ndim, extents), "network");
  CHECK_OK(sode_network_parameter_at(network, 0, NULL, NULL, NULL));
  REFUSES(sode_network_get_parameter(NULL, "readout.b", &x), "network");
  REFUSES(sode_network_get_parameter(network, NULL, &x), "name");
  REFUSES(sode_network_get_parameter(network, "readout.b", NULL), "value");
  REFUSES(sode_network_set_parameter(NULL, "readout.b", &x), "network");
  REFUSES(sode_network_set_parameter(network, NULL, &x), "name");
  REFUSES(sode_network_set_parameter(network, "readout.b", NULL), "value");
  REFUSES(sode_network_get_parameters(NULL, &x), "network");
  REFUSES(sode_network_get_parameters(network, NULL), "values");
  REFUSES(sode_network_set_parameters(NULL, &x), "network");
  REFUSES(sode_network_set_parameters(network, NULL), "values");
  REFUSES(sode_network_initialize(NULL, 1), "network");
  REFUSES(sode_network_set_normalization(NULL, &x, &x), "network");
  REFUSES(sode_network_set_normalization(network, NULL, &x), "shift");
  REFUSES(sode_network_get_normalization(NULL, &x, &x), "network");
  REFUSES(sode_network_get_normalization(network, NULL, NULL), "shift and scale");

  REFUSES(sode_dataset_create(NULL, &y, &data), "features");
  REFUSES(sode_dataset_create(&x, NULL, &data), "targets");
  REFUSES(sode_dataset_create(&x, &y, NULL), "dataset");
  REFUSES(sode_dataset_create(&no_data, &y, &data), "features");
  REFUSES(sode_dataset_create(&no_shape, &y, &data), "shape");
  REFUSES(sode_dataset_retain(NULL, &y, NULL, NULL, &data), "features");
  REFUSES(sode_dataset_retain(&x, NULL, NULL, NULL, &data), "targets");
  REFUSES(sode_dataset_retain(&x, &y, NULL, NULL, NULL), "dataset");
  CHECK_OK(sode_dataset_retain(&x, &y, NULL, NULL, &data)); /* nobody asked to be told */
  REFUSES(sode_dataset_load_idx(NULL, "labels", &data), "images_path");
  REFUSES(sode_dataset_load_idx("images", NULL, &data), "labels_path");
  REFUSES(sode_dataset_load_idx("images", "labels", NULL), "dataset");
  REFUSES(sode_dataset_create_problem(NULL, 0, 0, 1, &data, &data), "name");
  REFUSES(sode_dataset_create_problem("peaks", 0, 0, 1, NULL, &data), "training");
  REFUSES(sode_dataset_create_problem("peaks", 0, 0, 1, &data, NULL), "validation");
  REFUSES(sode_dataset_slice(NULL, 0, 1, &data), "dataset");
  REFUSES(sode_dataset_slice(training, 0, 1, NULL), "slice");
  REFUSES(sode_dataset_describe(NULL, &dataset_info), "dataset");
  REFUSES(sode_dataset_describe(training, NULL), "info");
  REFUSES(sode_dataset_get(NULL, &x, NULL), "dataset");
  REFUSES(sode_dataset_get(training, NULL, NULL), "features and targets");

  REFUSES(sode_trainer_create(NULL, &trainer), "network");
  REFUSES(sode_trainer_create(network, NULL), "trainer");
  REFUSES(sode_trainer_set_int(NULL, "epochs", 1), "trainer");
  REFUSES(sode_trainer_set_int(trainer, NULL, 1), "key");
  REFUSES(sode_trainer_set_real(NULL, "learning_rate", 1), "trainer");
  REFUSES(sode_trainer_set_real(trainer, NULL, 1), "key");
  REFUSES(sode_trainer_set_text(NULL, "optimizer", "adam"), "trainer");
  REFUSES(sode_trainer_set_text(trainer, NULL, "adam"), "key");
  REFUSES(sode_trainer_set_text(trainer, "optimizer", NULL), "value");
  REFUSES(sode_trainer_set_json(NULL, "{}", 2), "trainer");
  REFUSES(sode_trainer_set_json(trainer, NULL, 2), "text");
  REFUSES(sode_trainer_set_callback(NULL, NULL, NULL), "trainer");
  CHECK_OK(sode_trainer_set_callback(trainer, NULL, NULL));
  REFUSES(sode_trainer_run(NULL, training, validation, NULL), "trainer");
  REFUSES(sode_trainer_run(trainer, NULL, validation, NULL), "training");
  CHECK_OK(sode_trainer_set_int(trainer, "epochs", 1));
  CHECK_OK(sode_trainer_run(trainer, training, NULL, NULL));
  REFUSES(sode_trainer_history_count(NULL, &count), "trainer");
  REFUSES(sode_trainer_history_count(trainer, NULL), "count");
  REFUSES(sode_trainer_history_at(NULL, 0, &event), "trainer");
  REFUSES(sode_trainer_history_at(trainer, 0, NULL), "row");
  REFUSES(sode_cancel_token_create(NULL), "token");
  CHECK_STATUS(sode_cancel_token_request(NULL), SODE_ERR_NULL_POINTER);
  REFUSES(sode_cancel_token_reset(NULL), "token");

  REFUSES(sode_network_evaluate(NULL, training, 1, &evaluation), "network");
  REFUSES(sode_network_evaluate(network, NULL, 1, &evaluation), "dataset");
  REFUSES(sode_network_evaluate(network, training, 1, NULL), "evaluation");
  REFUSES(sode_network_predict(NULL, &x, SODE_SCORES, 1, &out), "network");
  REFUSES(sode_network_predict(network, NULL, SODE_SCORES, 1, &out), "features");
  REFUSES(sode_network_predict(network, &x, SODE_SCORES, 1, NULL), "result");
  REFUSES(sode_network_predict(network, &no_data, SODE_SCORES, 1, &out), "features");
  REFUSES(sode_network_states(NULL, 0, &x, &out), "network");
  REFUSES(sode_network_states(network, 0, NULL, &out), "features");
  REFUSES(sode_network_states(network, 0, &x, NULL), "states");
  REFUSES(sode_network_state_shape(NULL, 0, &count, &count), "network");
  REFUSES(sode_network_state_shape(network, 0, NULL, NULL), "layers and state_width");
  REFUSES(sode_predictor_create(NULL, 1, 1, &predictor), "network");
  REFUSES(sode_predictor_create(network, 1, 1, NULL), "predictor");
  REFUSES(sode_predictor_run(NULL, &x, SODE_SCORES, &out), "predictor");
  REFUSES(sode_predictor_run(predictor, NULL, SODE_SCORES, &out), "features");
  REFUSES(sode_predictor_run(predictor, &x, SODE_SCORES, NULL), "result");
  REFUSES(sode_predictor_run_f32(NULL, numbers, 1, SODE_SCORES, numbers), "predictor");
  REFUSES(sode_predictor_run_f32(predictor, NULL, 1, SODE_SCORES, numbers), "features");
  REFUSES(sode_predictor_run_f32(predictor, numbers, 1, SODE_SCORES, NULL), "result");
  REFUSES(sode_predictor_run_f64(NULL, &loss, 1, SODE_SCORES, &loss), "predictor");
  REFUSES(sode_predictor_run_f64(predictor, NULL, 1, SODE_SCORES, &loss), "features");
  REFUSES(sode_predictor_run_f64(predictor, &loss, 1, SODE_SCORES, NULL), "result");

  REFUSES(sode_network_save(NULL, "file"), "network");
  REFUSES(sode_network_save(network, NULL), "path");
  REFUSES(sode_network_load(NULL, &made), "path");
  REFUSES(sode_network_load("file", NULL), "network");
  REFUSES(sode_network_save_memory(NULL, NULL, 0, &needed), "network");
  REFUSES(sode_network_save_memory(network, NULL, 0, NULL), "needed");
  REFUSES(sode_network_save_memory(network, NULL, 1, &needed), "buffer");
  REFUSES(sode_network_load_memory(NULL, 1, &made), "bytes");
  REFUSES(sode_network_load_memory(numbers, 1, NULL), "network");

  REFUSES(sode_gradient_create(NULL, 1, NULL, 1, &gradient), "network");
  REFUSES(sode_gradient_create(network, 1, NULL, 1, NULL), "gradient");
  REFUSES(sode_gradient_bytes(NULL, &count), "gradient");
  REFUSES(sode_gradient_bytes(gradient, NULL), "bytes");
  REFUSES(sode_gradient_run(NULL, &x, &y, &loss, NULL), "gradient");
  REFUSES(sode_gradient_run(gradient, NULL, &y, &loss, NULL), "features");
  REFUSES(sode_gradient_run(gradient, &x, NULL, &loss, NULL), "targets");
  REFUSES(sode_gradient_run(gradient, &x, &y, NULL, NULL), "loss and parameter_gradient");
  REFUSES(sode_gradient_pullback(NULL, &x, &out, &out, NULL), "gradient");
  REFUSES(sode_gradient_pullback(gradient, NULL, &out, NULL, &x), "features");
  REFUSES(sode_gradient_pullback(gradient, &x, NULL, NULL, &x), "cotangent");
  REFUSES(sode_gradient_pullback(gradient, &x, &out, NULL, NULL), "parameter_gradient");
  REFUSES(sode_gradient_report(NULL, &step_report), "gradient");
  REFUSES(sode_gradient_report(gradient, NULL), "report");
  REFUSES(sode_network_solve(NULL, 0, &x, NULL, NULL, NULL, NULL, NULL, NULL, NULL), "network");
  REFUSES(sode_network_solve(adaptive, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), "features");
  REFUSES(sode_network_solve(adaptive, 0, &x, NULL, &event_function, NULL, NULL, NULL, NULL, NULL), "event->weights");
  CHECK_OK(sode_network_solve(adaptive, 0, &x, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
  REFUSES(sode_network_memory_plan(NULL, 1, NULL, 1, &memory_plan), "network");
  REFUSES(sode_network_memory_plan(network, 1, NULL, 1, NULL), "plan");
  REFUSES(sode_network_block_memory(NULL, 1, NULL, 1, 0, &block_memory), "network");
  REFUSES(sode_network_block_memory(network, 1, NULL, 1, 0, NULL), "part");
  REFUSES(sode_network_project(NULL, "{}", 2, &made), "network");
  REFUSES(sode_network_project(network, NULL, 2, &made), "text");
  REFUSES(sode_network_project(network, "{}", 2, NULL), "projected");
  REFUSES(sode_network_get_feed_forward(NULL, 0, &out, &out), "network");
  REFUSES(sode_network_get_feed_forward(network, 0, NULL, &out), "weights");
  REFUSES(sode_network_set_feed_forward(NULL, 0, &out, NULL), "network");
  REFUSES(sode_network_set_feed_forward(network, 0, NULL, NULL), "weights");
  REFUSES(sode_specification_set_feed_forward(NULL, 1, 1, "tanh"), "specification");
  REFUSES(sode_specification_set_feed_forward(specification, 1, 1, NULL), "activation");
  REFUSES(sode_network_near_identity_gap(NULL, 0, &x, &gap), "network");
  REFUSES(sode_network_near_identity_gap(network, 0, NULL, &gap), "features");
  REFUSES(sode_network_near_identity_gap(network, 0, &x, NULL), "gap");
  REFUSES(sode_gradient_pushforward(NULL, &x, NULL, &x, NULL, &out), "gradient");
  REFUSES(sode_gradient_pushforward(gradient, NULL, NULL, &x, NULL, &out), "features");
  REFUSES(sode_gradient_pushforward(gradient, &x, NULL, &x, NULL, NULL), "tangent");
  CHECK_OK(sode_gradient_pushforward(gradient, &x, NULL, NULL, NULL, &out));
  CHECK(numbers[2] == 0); /* no direction, no change */

  REFUSES(sode_registry_count(NULL, &count), "registry");
  REFUSES(sode_registry_count("fields", NULL), "count");
  REFUSES(sode_registry_at(NULL, 0, &name, NULL), "registry");
  REFUSES(sode_registry_at("fields", 0, NULL, NULL), "name and help");
  REFUSES(sode_option_count(NULL, &count), "scope");
  REFUSES(sode_option_count("network", NULL), "count");
  REFUSES(sode_option_at(NULL, 0, &option_info), "scope");
  REFUSES(sode_option_at("network", 0, NULL), "info");
  REFUSES(sode_set_allocator(NULL), "allocator");
  CHECK_OK(sode_memory_usage(NULL, NULL));

  /* NULL in, nothing happens. */
  sode_specification_free(NULL);
  sode_network_free(NULL);
  sode_dataset_free(NULL);
  sode_trainer_free(NULL);
  sode_cancel_token_free(NULL);
  sode_predictor_free(NULL);
  sode_gradient_free(NULL);
  CHECK(made == NULL);

  sode_gradient_free(gradient);
  sode_network_free(adaptive);
  sode_predictor_free(predictor);
  sode_cancel_token_free(token);
  sode_trainer_free(trainer);
  sode_dataset_free(data);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  sode_network_free(network);
  sode_specification_free(specification);
  return FINISH();
}
