/* Registries and options describe themselves: the lists are complete and consistent, and the setters accept every listed value. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

static const char *const registries[] = {"fields",   "integrators", "activations",  "biases",          "openings", "readouts", "losses",
                                         "optimizers", "schedules",   "regularizers", "trajectory_terms", "constraints", "time_bases", "memory_policies", "noises", "prolongations", "problems"};
static const char *const scopes[] = {"network", "block", "trainer"};

static sode_status set(sode_specification *specification, sode_trainer *trainer, const sode_option_info *option) {
  switch (option->type) {
    case SODE_OPTION_INT:
    case SODE_OPTION_BOOL:
      return specification ? sode_specification_set_int(specification, option->key, option->int_default)
                           : sode_trainer_set_int(trainer, option->key, option->int_default);
    case SODE_OPTION_REAL:
      return specification ? sode_specification_set_real(specification, option->key, option->real_default)
                           : sode_trainer_set_real(trainer, option->key, option->real_default);
    default:
      return specification ? sode_specification_set_text(specification, option->key, option->text_default)
                           : sode_trainer_set_text(trainer, option->key, option->text_default);
  }
}

static void check_registry(const char *registry) {
  int64_t count = -1, i;
  CHECK_OK(sode_registry_count(registry, &count));
  CHECK(count > 0);
  for (i = 0; i < count; i++) {
    const char *name = NULL, *help = NULL, *again = NULL;
    CHECK_OK(sode_registry_at(registry, i, &name, &help));
    CHECK(name != NULL && strlen(name) > 0 && help != NULL && strlen(help) > 0);
    CHECK_OK(sode_registry_at(registry, i, &again, NULL));
    CHECK(name == again); /* the text never moves while the library is loaded */
  }
  CHECK_ERROR(sode_registry_at(registry, count, &(const char *){NULL}, NULL), SODE_ERR_OUT_OF_RANGE, "index");
  CHECK_ERROR(sode_registry_at(registry, -1, &(const char *){NULL}, NULL), SODE_ERR_OUT_OF_RANGE, "index");
}

static void check_scope(const char *scope, sode_specification *specification, sode_trainer *trainer) {
  int64_t count = -1, i;
  sode_option_info option;
  CHECK_OK(sode_option_count(scope, &count));
  CHECK(count > 0);
  for (i = 0; i < count; i++) {
    memset(&option, 0, sizeof option);
    option.struct_size = sizeof option;
    CHECK_OK(sode_option_at(scope, i, &option));
    CHECK(option.key && strlen(option.key) > 0 && option.unit && option.help && strlen(option.help) > 0 && option.allowed);
    if (option.required) {
      CHECK(option.int_default == 0 && option.text_default == NULL);
      continue;
    }
    switch (option.type) {
      case SODE_OPTION_BOOL:
      case SODE_OPTION_INT: CHECK(option.int_low <= option.int_default && option.int_default <= option.int_high); break;
      case SODE_OPTION_REAL: CHECK(option.real_low <= option.real_default && option.real_default <= option.real_high); break;
      default: CHECK(option.type == SODE_OPTION_TEXT && option.text_default != NULL);
    }
    CHECK_OK(set(specification, trainer, &option));
    if (option.type == SODE_OPTION_INT && option.int_low > INT64_MIN) {
      sode_status status = specification ? sode_specification_set_int(specification, option.key, option.int_low - 1)
                                         : sode_trainer_set_int(trainer, option.key, option.int_low - 1);
      CHECK(status == SODE_ERR_OUT_OF_RANGE && strstr(sode_last_error_message(), option.key) != NULL);
    }
    if (option.type == SODE_OPTION_TEXT && option.choices) {
      sode_status status = specification ? sode_specification_set_text(specification, option.key, "no such choice")
                                         : sode_trainer_set_text(trainer, option.key, "no such choice");
      CHECK(status == SODE_ERR_UNKNOWN_NAME && strstr(sode_last_error_message(), option.key) != NULL);
    }
  }
  option.struct_size = 0;
  CHECK_ERROR(sode_option_at(scope, 0, &option), SODE_ERR_INVALID_ARGUMENT, "struct_size");
  /* An older program passes a shorter struct: the library writes nothing past its end. */
  memset(&option, 0x5a, sizeof option);
  option.struct_size = (uint32_t)offsetof(sode_option_info, unit);
  CHECK_OK(sode_option_at(scope, 0, &option));
  CHECK(option.key != NULL && ((unsigned char *)&option.unit)[0] == 0x5a && option.struct_size == offsetof(sode_option_info, unit));
}

int main(void) {
  sode_specification *specification = NULL;
  sode_network *network = NULL;
  sode_trainer *trainer = NULL;
  size_t i;
  int64_t count;

  for (i = 0; i < sizeof registries / sizeof *registries; i++) check_registry(registries[i]);
  CHECK_ERROR(sode_registry_count("feilds", &count), SODE_ERR_UNKNOWN_NAME, "did you mean 'fields'");
  CHECK_ERROR(sode_option_count("netwrok", &count), SODE_ERR_UNKNOWN_NAME, "did you mean 'network'");

  CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 2}", SODE_TEXT_END, &network));
  CHECK_OK(sode_trainer_create(network, &trainer));
  for (i = 0; i < sizeof scopes / sizeof *scopes; i++) {
    int for_trainer = strcmp(scopes[i], "trainer") == 0;
    CHECK_OK(sode_specification_create(&specification));
    check_scope(scopes[i], for_trainer ? NULL : specification, for_trainer ? trainer : NULL);
    sode_specification_free(specification);
  }
  sode_trainer_free(trainer);
  sode_network_free(network);
  return FINISH();
}
