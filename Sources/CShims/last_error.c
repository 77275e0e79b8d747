#include "shims_last_error.h"
#include <string.h>

static _Thread_local char message[1024];
static _Thread_local int32_t number;

const char *shim_last_error(void) { return message; }

int32_t shim_last_error_number(void) { return number; }

void shim_set_last_error(const char *text, size_t length, int32_t code) {
  number = code;
  if (length >= sizeof message) {
    length = sizeof message - 1;
    /* 10xxxxxx continues a character: step back to where one begins. */
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) length--;
  }
  /* A caller's text in the message may hold anything: a zero would end the message there. */
  for (size_t i = 0; i < length; i++) message[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
  message[length] = 0;
}
