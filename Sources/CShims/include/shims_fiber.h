#ifndef SHIMS_FIBER_H
#define SHIMS_FIBER_H
#include <stddef.h>

#pragma clang assume_nonnull begin

/* A function that runs on a stack of its own and can be suspended and resumed, always on the thread that made it. */
typedef struct shim_fiber shim_fiber;

/* NULL if there is no memory for the stack. The function begins with the first resume. */
shim_fiber *_Nullable shim_fiber_create(size_t stack_bytes, void (*function)(void *_Nullable), void *_Nullable argument);
/* Begins the function anew with another argument at the next resume. It has returned, or has never run. */
void shim_fiber_restart(shim_fiber *fiber, void *argument);
/* Runs until the function suspends (1) or has returned (0). */
int shim_fiber_resume(shim_fiber *fiber);
/* Suspends the running fiber. */
void shim_fiber_suspend(void);
/* The argument of the fiber that runs on this thread; NULL outside of fibers. */
void *_Nullable shim_fiber_argument(void);
/* Calls a function on the thread's own stack: callers' functions may look at the bounds of the stack, as Python's interpreter does. */
void shim_fiber_call_outside(void (*function)(void *), void *argument);
/* The function has returned, or its stack holds nothing that must be released. */
void shim_fiber_free(shim_fiber *fiber);

#pragma clang assume_nonnull end
#endif
