/* Specifications: typed options, JSON that is applied completely or not at all, size queries, and JSON that reproduces a network. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

static char *written(sode_specification *specification) {
  size_t needed = 0;
  char *text;
  if (!CHECK_OK(sode_specification_json(specification, NULL, 0, &needed))) return NULL;
  text = malloc(needed);
  CHECK_OK(sode_specification_json(specification, text, needed, NULL));
  CHECK(strlen(text) + 1 == needed);
  return text;
}

int main(void) {
  sode_specification *specification = NULL;
  sode_network *network = NULL, *twin = NULL;
  sode_network_info info = {.struct_size = sizeof info};
  char *before, *after, small[4] = "abc";
  const char *name;
  int32_t ndim;
  int64_t shape[4], i;
  size_t needed = 77;
  float *parameters, *twins;

  CHECK_OK(sode_specification_create(&specification));
  CHECK_ERROR(sode_network_create(specification, &network), SODE_ERR_INVALID_ARGUMENT, "inputs");
  CHECK_OK(sode_specification_set_int(specification, "inputs", 4));
  CHECK_OK(sode_specification_set_int(specification, "outputs", 3));
  CHECK_OK(sode_specification_set_int(specification, "width", 6));
  CHECK_OK(sode_specification_set_text(specification, "field", "antisymmetric"));
  CHECK_OK(sode_specification_set_real(specification, "gamma", 0.25));
  CHECK_OK(sode_specification_set_int(specification, "layers", 5));
  CHECK_OK(sode_specification_set_int(specification, "horizon", 2)); /* an integer for a real option */
  CHECK_OK(sode_specification_add_block(specification));
  CHECK_OK(sode_specification_set_text(specification, "bias", "scalar"));

  /* JSON with one bad option changes nothing. */
  before = written(specification);
  CHECK_ERROR(sode_specification_set_json(specification, "{\"layers\": 9, \"wdith\": 8}", SODE_TEXT_END), SODE_ERR_UNKNOWN_NAME, "did you mean 'width'");
  CHECK_ERROR(sode_specification_set_json(specification, "{\"layers\": 9, \"layers\": 8}", SODE_TEXT_END), SODE_ERR_INVALID_ARGUMENT, "layers");
  CHECK_ERROR(sode_specification_set_json(specification, "{\"layers\": 0}", SODE_TEXT_END), SODE_ERR_OUT_OF_RANGE, "layers is 0");
  CHECK_ERROR(sode_specification_set_json(specification, "[1]", SODE_TEXT_END), SODE_ERR_INVALID_ARGUMENT, "object");
  CHECK_ERROR(sode_specification_set_json(specification, "{\"layers\": 9", SODE_TEXT_END), SODE_ERR_INVALID_ARGUMENT, "line 1");
  CHECK_ERROR(sode_specification_set_json(specification, "{} trailing", 11), SODE_ERR_INVALID_ARGUMENT, "line 1");
  after = written(specification);
  CHECK(before && after && strcmp(before, after) == 0);
  free(after);

  /* The length counts bytes; the library does not read what follows. */
  CHECK_OK(sode_specification_set_json(specification, "{\"seed\": 5}garbage", 11));
  CHECK_ERROR(sode_specification_json(specification, small, sizeof small, &needed), SODE_ERR_BUFFER_TOO_SMALL, "capacity is 4");
  CHECK(needed == strlen(before) + 1 && strcmp(small, "abc") == 0);
  CHECK_ERROR(sode_specification_json(specification, NULL, 10, &needed), SODE_ERR_NULL_POINTER, "buffer");
  CHECK_ERROR(sode_specification_json(specification, NULL, 0, NULL), SODE_ERR_NULL_POINTER, "needed");

  /* A network and another one made from its JSON have the same options, parameters and bits. */
  CHECK_OK(sode_network_create(specification, &network));
  CHECK_OK(sode_network_json(network, NULL, 0, &needed));
  after = malloc(needed);
  CHECK_OK(sode_network_json(network, after, needed, &needed));
  CHECK_OK(sode_network_create_json(after, needed - 1, &twin));
  CHECK_OK(sode_network_describe(network, &info));
  CHECK(info.blocks == 2 && info.tensors == 6 && info.parameters == 2 * 5 * 36 + 5 * 6 + 5 * 1 + 3 * 6 + 3);
  parameters = malloc((size_t)info.parameters * sizeof(float));
  twins = malloc((size_t)info.parameters * sizeof(float));
  {
    sode_tensor all = sode_tensor_f32(parameters, 1, &info.parameters), other = sode_tensor_f32(twins, 1, &info.parameters);
    CHECK_OK(sode_network_get_parameters(network, &all));
    CHECK_OK(sode_network_get_parameters(twin, &other));
    CHECK(memcmp(parameters, twins, (size_t)info.parameters * sizeof(float)) == 0);
    CHECK_OK(sode_network_initialize(twin, 6));
    CHECK_OK(sode_network_get_parameters(twin, &other));
    CHECK(memcmp(parameters, twins, (size_t)info.parameters * sizeof(float)) != 0);
    CHECK_OK(sode_network_set_parameters(twin, &all));
    CHECK_OK(sode_network_get_parameters(twin, &other));
    CHECK(memcmp(parameters, twins, (size_t)info.parameters * sizeof(float)) == 0);
  }
  CHECK_OK(sode_network_parameter_at(network, 1, &name, &ndim, shape));
  CHECK(strcmp(name, "blocks.0.b") == 0 && ndim == 2 && shape[0] == 5 && shape[1] == 6);
  CHECK_OK(sode_network_parameter_at(network, 3, &name, &ndim, shape));
  CHECK(strcmp(name, "blocks.1.b") == 0 && ndim == 2 && shape[0] == 5 && shape[1] == 1);
  for (i = 0; i < info.tensors; i++) CHECK_OK(sode_network_parameter_at(network, i, &name, NULL, NULL));
  CHECK_ERROR(sode_network_parameter_at(network, info.tensors, &name, &ndim, shape), SODE_ERR_OUT_OF_RANGE, "index");

  free(before);
  free(after);
  free(parameters);
  free(twins);
  sode_specification_free(specification);
  sode_network_free(twin);
  sode_network_free(network);
  return FINISH();
}
