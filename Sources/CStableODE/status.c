/* Names and texts of the status numbers, straight from the header's one list. */
#include "stableode.h"

const char *sode_status_name(sode_status status) {
  switch (status) {
#define NAME(name, number, text) \
  case number: return "SODE_" #name;
    SODE_STATUS_LIST(NAME)
#undef NAME
    default: return "SODE_UNKNOWN_STATUS";
  }
}

const char *sode_status_text(sode_status status) {
  switch (status) {
#define TEXT(name, number, text) \
  case number: return text;
    SODE_STATUS_LIST(TEXT)
#undef TEXT
    default: return "unknown status";
  }
}
