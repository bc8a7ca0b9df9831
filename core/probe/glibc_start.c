// SPDX-License-Identifier: Apache-2.0
//
// The compiler's start code (Scrt1.o) of glibc >= 2.34 calls __libc_start_main@GLIBC_2.34, and with
// that alone a program refuses to start on anything older. This hidden function of the same name is
// what the start code finds instead; it hands over to the version that has always been there.
//
// The two versions differ in who runs constructors: the old one expects them in `init`, the new
// start code passes null. glibc >= 2.34 then runs them itself; an older one runs none, and this
// program has none. Libraries' constructors are the loader's business in both.
#include "core/probe/glibc_baseline.h"

typedef int (*MainFunction)(int, char**, char**);
typedef void (*ExitFunction)(void);

extern int baseline_start_main(MainFunction main_function, int argc, char** argv, MainFunction init,
                               ExitFunction fini, ExitFunction loader_fini, void* stack_end);
__asm__(".symver baseline_start_main, __libc_start_main@" NVINJECT_GLIBC_BASELINE);

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the linker's name
__attribute__((visibility("hidden"))) int __libc_start_main(MainFunction main_function, int argc,
                                                            char** argv, MainFunction init,
                                                            ExitFunction fini,
                                                            ExitFunction loader_fini,
                                                            void* stack_end);

// NOLINTNEXTLINE(readability-function-size): glibc decides how many parameters it has
int __libc_start_main(MainFunction main_function, int argc, char** argv, MainFunction init,
                      ExitFunction fini, ExitFunction loader_fini, void* stack_end) {
  return baseline_start_main(main_function, argc, argv, init, fini, loader_fini, stack_end);
}
