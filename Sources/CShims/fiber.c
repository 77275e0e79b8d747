#define _GNU_SOURCE
#include "shims_fiber.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

struct shim_fiber {
  ucontext_t own;
  ucontext_t outside;
  void (*function)(void *);
  void *argument;
  void *memory;
  size_t bytes;
  int has_returned;
  /* What is to be called on the thread's own stack. */
  void (*errand)(void *);
  void *errand_argument;
};

static _Thread_local shim_fiber *running;

static void begin(void) {
  shim_fiber *fiber = running;
  fiber->function(fiber->argument);
  fiber->has_returned = 1;
  swapcontext(&fiber->own, &fiber->outside);
}

shim_fiber *shim_fiber_create(size_t stack_bytes, void (*function)(void *), void *argument) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  shim_fiber *fiber = calloc(1, sizeof *fiber);
  if (!fiber) return NULL;
  /* The page below the stack catches an overflow. */
  fiber->bytes = (stack_bytes + page - 1) / page * page + page;
  fiber->memory = mmap(NULL, fiber->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (fiber->memory == MAP_FAILED || mprotect(fiber->memory, page, PROT_NONE) != 0 || getcontext(&fiber->own) != 0) {
    if (fiber->memory != MAP_FAILED) munmap(fiber->memory, fiber->bytes);
    free(fiber);
    return NULL;
  }
  fiber->function = function;
  fiber->argument = argument;
  fiber->own.uc_stack.ss_sp = (char *)fiber->memory + page;
  fiber->own.uc_stack.ss_size = fiber->bytes - page;
  fiber->own.uc_link = NULL;
  makecontext(&fiber->own, begin, 0);
  return fiber;
}

void shim_fiber_restart(shim_fiber *fiber, void *argument) {
  fiber->argument = argument;
  fiber->has_returned = 0;
  makecontext(&fiber->own, begin, 0);
}

int shim_fiber_resume(shim_fiber *fiber) {
  if (fiber->has_returned) return 0;
  running = fiber;
  swapcontext(&fiber->outside, &fiber->own);
  while (fiber->errand) {
    void (*errand)(void *) = fiber->errand;
    fiber->errand = NULL;
    running = NULL;
    errand(fiber->errand_argument);
    running = fiber;
    swapcontext(&fiber->outside, &fiber->own);
  }
  running = NULL;
  return !fiber->has_returned;
}

void shim_fiber_suspend(void) {
  shim_fiber *fiber = running;
  swapcontext(&fiber->own, &fiber->outside);
}

void *shim_fiber_argument(void) { return running ? running->argument : NULL; }

void shim_fiber_call_outside(void (*function)(void *), void *argument) {
  shim_fiber *fiber = running;
  if (!fiber) {
    function(argument);
    return;
  }
  fiber->errand = function;
  fiber->errand_argument = argument;
  swapcontext(&fiber->own, &fiber->outside);
}

void shim_fiber_free(shim_fiber *fiber) {
  munmap(fiber->memory, fiber->bytes);
  free(fiber);
}
