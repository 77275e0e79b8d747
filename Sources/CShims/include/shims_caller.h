#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Calls into a caller's own functions, which may be C++ (or Rust) and throw. Frames of Swift must not be unwound: what they hold, such as a handle's busy mark, would be held for ever. So what is thrown ends
 * here. Only the unwinding of a thread that is being cancelled goes on, as it must.
 */

/* A function of `count` pointer arguments, 1 to 6, and an int32_t as its answer: 0 returned, 1 threw. */
int sode_shim_call(void (*function)(void), int count, void *const *arguments, int32_t *answer);
/* As sode_shim_call for a function of one pointer argument without an answer. */
int sode_shim_call_release(void (*function)(void *), void *argument);
/* As sode_shim_call for a function of one pointer argument with a text as its answer. */
int sode_shim_call_text(const char *(*function)(void *), void *argument, const char **text);
/* A caller's allocator: NULL when it threw. */
void *sode_shim_call_allocate(void *(*function)(size_t, size_t, void *), size_t size, size_t alignment, void *user);
/* What the last call of this thread that threw says of it: an exception's what(), or "". */
const char *sode_shim_thrown(void);

#ifdef __cplusplus
}
#endif
