/* OpenBLAS by its C interface. Which flavor (static serial, or the system's) is chosen by pkg-config: see the Makefile. */
#include <cblas.h>
