/* The macros that all C tests share: CHECK counts a check and continues after a failure, FINISH prints the counts. Include after stableode.h. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

static int checks_passed, checks_failed;

static int check_that(int holds, const char *what, const char *file, int line) {
  if (holds) {
    checks_passed++;
  } else {
    checks_failed++;
    printf("not ok - %s:%d: %s (last error: %s)\n", file, line, what, sode_last_error_message());
  }
  return holds;
}

#define CHECK(condition) check_that((condition) != 0, #condition, __FILE__, __LINE__)
/* The call returns this status. */
#define CHECK_STATUS(call, expected) check_that((call) == (expected), #call " == " #expected, __FILE__, __LINE__)
#define CHECK_OK(call) CHECK_STATUS(call, SODE_OK)
/* The call fails with this status, and the error text contains this word. */
#define CHECK_ERROR(call, expected, word)                                                                                            \
  check_that((call) == (expected) && strstr(sode_last_error_message(), word) != NULL, #call " fails with " #expected " naming " word, \
             __FILE__, __LINE__)
/* The last statement of main. */
#define FINISH() (printf("%d passed, %d failed\n", checks_passed, checks_failed), checks_failed != 0 || checks_passed == 0)

#endif
