#pragma once
/* The C compiler of this build, as it names itself; it comes with the Swift toolchain. */
const char *shim_compiler(void);
