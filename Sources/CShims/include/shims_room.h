#pragma once

#pragma clang assume_nonnull begin

/* Calls a kernel with 17 KB of uninitialized stack memory that begins on a cache line. (Swift would fill such memory with zeros at every call.) */
static inline __attribute__((always_inline, unused)) void sode_shim_with_room(void (*kernel)(void *call, void *room), void *call) {
  _Alignas(64) char room[17408];
  kernel(call, room);
}

#pragma clang assume_nonnull end
