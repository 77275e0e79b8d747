/* Versions, status names and the error text before any error. */
#include <stableode.h>

#include "check.h"

int main(void) {
  char text[32];
  CHECK(sode_version_number() == SODE_VERSION_NUMBER);
  snprintf(text, sizeof text, "%d.%d.%d", SODE_VERSION_MAJOR, SODE_VERSION_MINOR, SODE_VERSION_PATCH);
  CHECK(strcmp(sode_version_text(), text) == 0);
  CHECK(strlen(sode_build_info()) > 0 && strstr(sode_build_info(), text) != NULL);
  CHECK(strcmp(sode_last_error_message(), "") == 0);
#define CHECK_STATUS_NAME(name, number, text)                     \
  CHECK(SODE_##name == number);                                   \
  CHECK(strcmp(sode_status_name(number), "SODE_" #name) == 0);    \
  CHECK(strcmp(sode_status_text(number), text) == 0);
  SODE_STATUS_LIST(CHECK_STATUS_NAME)
  CHECK(strcmp(sode_status_name(-12345), "SODE_UNKNOWN_STATUS") == 0);
  return FINISH();
}
