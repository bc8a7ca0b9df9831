// SPDX-License-Identifier: Apache-2.0
//
// The probe runs on the driver root's glibc, which may be far older than the one it was linked
// with. It must therefore need no symbol version newer than GLIBC_2.17 (2012; RHEL 7). A linker
// picks the newest version of a symbol, so functions that glibc has re-versioned since (2.34 moved
// dlopen and friends from libdl to libc) are bound by hand to the version their architecture began
// with. tests/lint/check_probe_symbols.sh checks the result.
//
// glibc < 2.34 keeps dlopen in libdl.so.2: the program must stay linked to it (see CMakeLists.txt).
// The loader looks a versioned symbol up in every loaded library, whichever of them the linker saw.
//
// The assembler directive is lost under link-time optimisation: this target is built without it.
#pragma once

#if defined(__x86_64__)
#define NVINJECT_GLIBC_BASELINE "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define NVINJECT_GLIBC_BASELINE "GLIBC_2.17"
#else
#error "say with which version of glibc's symbols this architecture began"
#endif

#define NVINJECT_BIND_TO_BASELINE(symbol) \
  __asm__(".symver " #symbol ", " #symbol "@" NVINJECT_GLIBC_BASELINE)
