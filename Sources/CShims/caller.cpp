#include "shims_caller.h"
extern "C" {
#include "shims_arithmetic.h"
#include "shims_fiber.h"
}
#include <cstring>
#include <cxxabi.h>
#include <exception>

static thread_local char thrown[256];

static void keep(const char *text) noexcept {
  size_t length = strnlen(text, sizeof thrown - 1);
  /* 10xxxxxx continues a character: step back to where one begins. */
  if (text[length] != 0)
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) length--;
  memcpy(thrown, text, length);
  thrown[length] = 0;
}

/* Runs `body`: 0, or 1 when it threw. */
template <typename Body> static int caught(Body &body) {
  try {
    body();
    return 0;
  } catch (abi::__forced_unwind &) {
    throw;
  } catch (const std::exception &exception) {
    keep(exception.what());
  } catch (...) {
    keep("");
  }
  return 1;
}

/* Runs `body` on the thread's own stack: 0, or 1 when it threw. */
template <typename Body> static int guarded(Body body) {
  struct Errand {
    Body body;
    int threw;
  } errand{body, 0};
  shim_fiber_call_outside(
      [](void *argument) {
        auto errand = static_cast<Errand *>(argument);
        uint32_t arithmetic = sode_shim_arithmetic_begin();
        errand->threw = caught(errand->body);
        sode_shim_arithmetic_keep(arithmetic);
      },
      &errand);
  return errand.threw;
}
extern "C" int sode_shim_call(void (*function)(void), int count, void *const *a, int32_t *answer) {
  using One = int32_t (*)(void *);
  using Two = int32_t (*)(void *, void *);
  using Three = int32_t (*)(void *, void *, void *);
  using Four = int32_t (*)(void *, void *, void *, void *);
  using Five = int32_t (*)(void *, void *, void *, void *, void *);
  using Six = int32_t (*)(void *, void *, void *, void *, void *, void *);
  return guarded([=] {
    switch (count) {
    case 1: *answer = reinterpret_cast<One>(function)(a[0]); break;
    case 2: *answer = reinterpret_cast<Two>(function)(a[0], a[1]); break;
    case 3: *answer = reinterpret_cast<Three>(function)(a[0], a[1], a[2]); break;
    case 4: *answer = reinterpret_cast<Four>(function)(a[0], a[1], a[2], a[3]); break;
    case 5: *answer = reinterpret_cast<Five>(function)(a[0], a[1], a[2], a[3], a[4]); break;
    default: *answer = reinterpret_cast<Six>(function)(a[0], a[1], a[2], a[3], a[4], a[5]); break;
    }
  });
}

extern "C" int sode_shim_call_release(void (*function)(void *), void *argument) {
  return guarded([=] { function(argument); });
}

extern "C" int sode_shim_call_text(const char *(*function)(void *), void *argument, const char **text) {
  return guarded([=] { *text = function(argument); });
}

extern "C" void *sode_shim_call_allocate(void *(*function)(size_t, size_t, void *), size_t size, size_t alignment, void *user) {
  void *memory = nullptr;
  return guarded([&] { memory = function(size, alignment, user); }) == 0 ? memory : nullptr;
}

extern "C" const char *sode_shim_thrown(void) { return thrown; }
