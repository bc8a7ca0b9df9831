// SPDX-License-Identifier: Apache-2.0
//
// A CUDA program without the CUDA toolkit: adds two vectors on every GPU that it sees, through the
// driver API alone (libcuda.so.1, opened by name as frameworks do) and a kernel in PTX, which also
// puts the driver's JIT compiler (libnvidia-ptxjitcompiler) to work. Prints one line a GPU; exit
// status 0 when all sums are right.

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

enum { kCount = 1 << 20, kThreads = 256 };

typedef int CuResult;
typedef int CuDevice;
typedef void* CuHandle;
typedef unsigned long long CuAddress;

static const char kPtx[] =
    ".version 6.0\n"
    ".target sm_50\n"
    ".address_size 64\n"
    ".visible .entry add(.param .u64 a, .param .u64 b, .param .u64 c) {\n"
    "  .reg .b32 %r<5>; .reg .b64 %rd<8>; .reg .f32 %f<4>;\n"
    "  ld.param.u64 %rd1, [a]; ld.param.u64 %rd2, [b]; ld.param.u64 %rd3, [c];\n"
    "  mov.u32 %r1, %ctaid.x; mov.u32 %r2, %ntid.x; mov.u32 %r3, %tid.x;\n"
    "  mad.lo.s32 %r4, %r1, %r2, %r3;\n"
    "  mul.wide.s32 %rd4, %r4, 4;\n"
    "  add.s64 %rd5, %rd1, %rd4; add.s64 %rd6, %rd2, %rd4; add.s64 %rd7, %rd3, %rd4;\n"
    "  ld.global.f32 %f1, [%rd5]; ld.global.f32 %f2, [%rd6];\n"
    "  add.f32 %f3, %f1, %f2;\n"
    "  st.global.f32 [%rd7], %f3;\n"
    "  ret;\n"
    "}\n";

static void* library;

static void* find(const char* name) {
  void* const function = dlsym(library, name);
  if (function == NULL) {
    fprintf(stderr, "vector_add: %s: not in libcuda\n", name);
    exit(1);
  }
  return function;
}

static void check(CuResult result, const char* what) {
  if (result == 0) return;
  fprintf(stderr, "vector_add: %s: CUDA error %d\n", what, result);
  exit(1);
}

// POSIX lets a data pointer from dlsym be called; the cast goes through a union of the exact types.
#define CALL(name, types, ...)                 \
  do {                                         \
    union {                                    \
      void* data;                              \
      CuResult(*function) types;               \
    } symbol = {.data = find(name)};           \
    check(symbol.function(__VA_ARGS__), name); \
  } while (0)

static void add_on(int ordinal) {
  CuDevice device = 0;
  CuHandle context = NULL, module = NULL, kernel = NULL;
  CuAddress memory[3];
  static float host[3][kCount];
  char name[128] = "";
  for (int i = 0; i < kCount; ++i) {
    host[0][i] = (float)i;
    host[1][i] = 2.0F * (float)i;
  }
  CALL("cuDeviceGet", (CuDevice*, int), &device, ordinal);
  CALL("cuDeviceGetName", (char*, int, CuDevice), name, (int)sizeof name, device);
  CALL("cuCtxCreate_v2", (CuHandle*, unsigned, CuDevice), &context, 0, device);
  CALL("cuModuleLoadData", (CuHandle*, const void*), &module, kPtx);
  CALL("cuModuleGetFunction", (CuHandle*, CuHandle, const char*), &kernel, module, "add");
  for (int v = 0; v < 3; ++v) {
    CALL("cuMemAlloc_v2", (CuAddress*, size_t), &memory[v], sizeof host[v]);
  }
  for (int v = 0; v < 2; ++v) {
    CALL("cuMemcpyHtoD_v2", (CuAddress, const void*, size_t), memory[v], host[v], sizeof host[v]);
  }
  void* arguments[] = {&memory[0], &memory[1], &memory[2]};
  CALL("cuLaunchKernel",
       (CuHandle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CuHandle,
        void**, void**),
       kernel, kCount / kThreads, 1, 1, kThreads, 1, 1, 0, NULL, arguments, NULL);
  CALL("cuMemcpyDtoH_v2", (void*, CuAddress, size_t), host[2], memory[2], sizeof host[2]);
  for (int i = 0; i < kCount; ++i) {
    if (host[2][i] != 3.0F * (float)i) {
      fprintf(stderr, "vector_add: wrong sum at %d\n", i);
      exit(1);
    }
  }
  CALL("cuCtxDestroy_v2", (CuHandle), context);
  printf("GPU %d: %s: %d sums right\n", ordinal, name, (int)kCount);
}

int main(void) {
  library = dlopen("libcuda.so.1", RTLD_NOW);
  if (library == NULL) {
    fprintf(stderr, "vector_add: %s\n", dlerror());
    return 1;
  }
  int count = 0;
  CALL("cuInit", (unsigned), 0);
  CALL("cuDeviceGetCount", (int*), &count);
  for (int ordinal = 0; ordinal < count; ++ordinal) add_on(ordinal);
  return count > 0 ? 0 : 1;
}
