// C++ exceptions that escape from a callback: the call fails with the exception's text, and every object is as usable as before.
#include <stableode.h>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

static int passed, failed;
#define CHECK(condition) ((condition) ? (void)passed++ : (failed++, (void)std::printf("line %d: %s; %s\n", __LINE__, #condition, sode_last_error_message())))

static bool said(const char *text) { return std::strstr(sode_last_error_message(), text) != nullptr; }
static bool throwing = true;
static int calls;

static int32_t progress(const sode_progress *, void *) {
  calls++;
  if (throwing) throw std::runtime_error("no more room");
  return 0;
}

static int32_t loss(const sode_tensor *scores, const sode_tensor *, sode_tensor *losses, sode_tensor *, void *) {
  if (throwing) throw std::string("not a std::exception");
  for (int64_t i = 0; i < scores->shape[0]; i++) static_cast<double *>(losses->data)[i] = 1;
  return 0;
}

static int32_t metric(const sode_tensor *, const sode_tensor *, double *value, void *) {
  if (throwing) throw std::bad_alloc();
  *value = 0.5;
  return 0;
}

static void release(void *) {
  calls++;
  throw 7;
}

static bool refuses = false;
static void *allocate(size_t size, size_t alignment, void *) {
  if (refuses) throw std::bad_alloc();
  return ::operator new(size, std::align_val_t(alignment));
}
static void give(void *memory, size_t, void *) { ::operator delete(memory, std::align_val_t(64)); }

static int32_t tick(void *) {
  if (throwing) throw std::runtime_error("no more ticks");
  return 0;
}

int main() {
  sode_allocator allocator = {};
  allocator.struct_size = sizeof allocator;
  allocator.allocate = allocate;
  allocator.release = give;
  CHECK(sode_set_allocator(&allocator) == SODE_OK);

  sode_network *network = nullptr;
  sode_dataset *training = nullptr, *validation = nullptr;
  CHECK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 2, \"width\": 4}", SODE_TEXT_END, &network) == SODE_OK);
  CHECK(sode_dataset_create_problem("ellipses", 60, 20, 1, &training, &validation) == SODE_OK);

  for (int which = 0; which < 3; which++) {
    sode_trainer *trainer = nullptr;
    throwing = true;
    CHECK(sode_trainer_create(network, &trainer) == SODE_OK);
    CHECK(sode_trainer_set_int(trainer, "epochs", 6) == SODE_OK);
    CHECK(sode_trainer_set_int(trainer, "num_threads", 2) == SODE_OK);
    if (which == 0) CHECK(sode_trainer_set_callback(trainer, progress, nullptr) == SODE_OK);
    if (which == 1) CHECK(sode_trainer_set_loss(trainer, loss, nullptr) == SODE_OK);
    if (which == 2) CHECK(sode_trainer_set_metric(trainer, metric, 1, nullptr) == SODE_OK);
    for (int round = 0; round < 3; round++) {
      CHECK(sode_trainer_run(trainer, training, validation, nullptr) == SODE_ERR_CALLBACK_FAILED);
      CHECK(said("exception"));
      CHECK(said(which == 0 ? "no more room" : which == 1 ? "loss" : "bad_alloc"));
    }
    throwing = false;
    CHECK(sode_trainer_run(trainer, training, validation, nullptr) == SODE_OK);
    sode_trainer_free(trainer);
  }

  // A tick that throws ends the call that it interrupts, also where quick epochs report to nobody.
  {
    sode_trainer *trainer = nullptr;
    sode_limits limits = {};
    limits.struct_size = sizeof limits;
    limits.tick = tick;
    CHECK(sode_trainer_create(network, &trainer) == SODE_OK);
    CHECK(sode_trainer_set_int(trainer, "epochs", 1000000) == SODE_OK);
    throwing = true;
    CHECK(sode_trainer_run(trainer, training, nullptr, &limits) == SODE_ERR_CALLBACK_FAILED);
    CHECK(said("no more ticks"));
    throwing = false;
    sode_trainer_free(trainer);
  }

  // A gradient object with the caller's loss.
  {
    sode_gradient *gradient = nullptr;
    float features[4] = {1, 2, 3, 4};
    int32_t labels[2] = {0, 1};
    int64_t shape[2] = {2, 2}, one[1] = {2};
    sode_tensor x = sode_tensor_f32(features, 2, shape), y = sode_tensor_i32(labels, 1, one);
    double value = -1;
    CHECK(sode_gradient_create(network, 2, nullptr, 1, &gradient) == SODE_OK);
    CHECK(sode_gradient_set_loss(gradient, loss, nullptr) == SODE_OK);
    throwing = true;
    for (int round = 0; round < 3; round++) CHECK(sode_gradient_run(gradient, &x, &y, &value, nullptr) == SODE_ERR_CALLBACK_FAILED && value == -1);
    throwing = false;
    CHECK(sode_gradient_run(gradient, &x, &y, &value, nullptr) == SODE_OK && value == 1);
    sode_gradient_free(gradient);

    // An exception thrown by the release callback of a data set is dropped.
    sode_dataset *retained = nullptr;
    calls = 0;
    CHECK(sode_dataset_retain(&x, &y, release, nullptr, &retained) == SODE_OK);
    sode_dataset_free(retained);
    CHECK(calls == 1);
  }

  // An allocator that throws counts as out of memory.
  {
    sode_network *another = nullptr;
    refuses = true;
    CHECK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 2}", SODE_TEXT_END, &another) == SODE_ERR_MEMORY && another == nullptr);
    refuses = false;
    CHECK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 2}", SODE_TEXT_END, &another) == SODE_OK);
    sode_network_free(another);
  }

  sode_dataset_free(training);
  sode_dataset_free(validation);
  sode_network_free(network);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
