#include "stableode.h"
