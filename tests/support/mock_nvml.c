// SPDX-License-Identifier: Apache-2.0
//
// A mock of libnvidia-ml.so.1 (NVML) and, compiled with -DDESCRIBE, the program that tells the
// simulated node which GPUs the mock will show: the description of the GPUs is only here.
//
//   library   gcc -shared -fPIC -O2 -Wall -Wextra -Wl,-soname,libnvidia-ml.so.1
//   program   gcc -DDESCRIBE; prints one line per GPU: minor, bus id, UUID, model (tab-separated);
//             with the argument mig-minors what the driver shows as nvidia-caps/mig-minors
//
// It shows GPU n when /dev/nvidia<n> exists, and MIG instance gi/ci of it when both of its
// capability nodes below /dev/nvidia-caps do. It looks whether a node is there and never opens one:
// the numbers of the simulated nodes may belong to another driver. So it answers the same question
// in a container as on the node, namely which GPUs are visible here.
//
// A call that is not answered here is not defined, so the caller's dlsym fails as with an older
// driver. No symbol newer than glibc 2.17 (that is why access(), and not stat(), which became
// a symbol only in 2.33): it is loaded in old containers too.

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

// Enough for an HGX-2; PCI order, index and minor order are the same.
#define MAX_GPUS 16
#define MODEL "NVIDIA H100 80GB HBM3"
#define MIG_PROFILE "1g.10gb"
#define DRIVER_VERSION "550.163.01"
#define CUDA_VERSION 12040
#define MIB (1024ULL * 1024)
#define GPU_MEMORY (81559 * MIB)
#define MIG_MEMORY (9984 * MIB)

static unsigned gpu_bus(unsigned minor) { return 0x10 + 8 * minor; }

static void gpu_uuid(unsigned minor, char* out, unsigned long size) {
  snprintf(out, size, "GPU-00000000-0000-4000-8000-%012x", minor);
}

static inline void mig_uuid(unsigned minor, unsigned gi, unsigned ci, char* out,
                            unsigned long size) {
  snprintf(out, size, "MIG-%08x-0000-5000-8000-00000000%02x%02x", minor, gi, ci);
}

// The kernel module numbers the capabilities of all GPUs in one row: config 1, monitor 2, then per
// GPU 15 GPU instances, each with its own access and that of 8 compute instances.
#define MAX_GI 15
#define MAX_CI 8
static inline unsigned gi_capability(unsigned minor, unsigned gi) {
  return 3 + (minor * MAX_GI + gi) * (1 + MAX_CI);
}
static inline unsigned ci_capability(unsigned minor, unsigned gi, unsigned ci) {
  return gi_capability(minor, gi) + 1 + ci;
}

#ifdef DESCRIBE

int main(int argc, char** argv) {
  const int mig_minors = argc == 2 && strcmp(argv[1], "mig-minors") == 0;
  if (mig_minors) printf("config 1\nmonitor 2\n");
  for (unsigned minor = 0; minor < MAX_GPUS; ++minor) {
    if (!mig_minors) {
      char uuid[64];
      gpu_uuid(minor, uuid, sizeof uuid);
      printf("%u\t0000:%02x:00.0\t%s\t%s\n", minor, gpu_bus(minor), uuid, MODEL);
      continue;
    }
    for (unsigned gi = 0; gi < MAX_GI; ++gi) {
      printf("gpu%u/gi%u/access %u\n", minor, gi, gi_capability(minor, gi));
      for (unsigned ci = 0; ci < MAX_CI; ++ci)
        printf("gpu%u/gi%u/ci%u/access %u\n", minor, gi, ci, ci_capability(minor, gi, ci));
    }
  }
  return 0;
}

#else

enum {
  SUCCESS = 0,
  UNINITIALIZED = 1,
  INVALID_ARGUMENT = 2,
  NOT_SUPPORTED = 3,
  NOT_FOUND = 6,
  INSUFFICIENT_SIZE = 7,
  DRIVER_NOT_LOADED = 9,
  TIMEOUT = 10,
  FUNCTION_NOT_FOUND = 13,
};

// nvmlDevice_t is a pointer to this. A GPU has gi == NO_INSTANCE.
#define NO_INSTANCE 0xffffffffU
struct device {
  unsigned minor;
  unsigned gi;
  unsigned ci;
};

static struct device gpus[MAX_GPUS];
static struct device migs[MAX_GPUS][MAX_GI][MAX_CI];
static int initialized;
static int event_socket = -1;

static int exists(const char* format, unsigned number) {
  char path[64];
  snprintf(path, sizeof path, format, number);
  return access(path, F_OK) == 0;
}

static int gpu_exists(unsigned minor) { return exists("/dev/nvidia%u", minor); }

static int mig_exists(unsigned minor, unsigned gi, unsigned ci) {
  return exists("/dev/nvidia-caps/nvidia-cap%u", gi_capability(minor, gi)) &&
         exists("/dev/nvidia-caps/nvidia-cap%u", ci_capability(minor, gi, ci));
}

static int is_mig(const struct device* device) { return device->gi != NO_INSTANCE; }

// The n-th MIG device of a GPU, or null.
static struct device* mig_at(unsigned minor, unsigned n) {
  for (unsigned gi = 0; gi < MAX_GI; ++gi)
    for (unsigned ci = 0; ci < MAX_CI; ++ci)
      if (mig_exists(minor, gi, ci) && n-- == 0) return &migs[minor][gi][ci];
  return NULL;
}

static struct device* gpu_at(unsigned n) {
  for (unsigned minor = 0; minor < MAX_GPUS; ++minor)
    if (gpu_exists(minor) && n-- == 0) return &gpus[minor];
  return NULL;
}

static unsigned gpu_count(void) {
  unsigned n = 0;
  while (gpu_at(n)) ++n;
  return n;
}

static int put(const char* text, char* out, unsigned size) {
  if (!out) return INVALID_ARGUMENT;
  if (strlen(text) + 1 > size) return INSUFFICIENT_SIZE;
  memcpy(out, text, strlen(text) + 1);
  return SUCCESS;
}

// --- library and system ---------------------------------------------------------------------

EXPORT int nvmlInitWithFlags(unsigned flags) {
  // Flag 1: no GPU is not an error. Without it the real one fails when it finds none.
  if (!(flags & 1) && gpu_count() == 0) return DRIVER_NOT_LOADED;
  for (unsigned minor = 0; minor < MAX_GPUS; ++minor) {
    gpus[minor] = (struct device){minor, NO_INSTANCE, NO_INSTANCE};
    for (unsigned gi = 0; gi < MAX_GI; ++gi)
      for (unsigned ci = 0; ci < MAX_CI; ++ci) migs[minor][gi][ci] = (struct device){minor, gi, ci};
  }
  ++initialized;
  return SUCCESS;
}
EXPORT int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
EXPORT int nvmlInit(void) { return nvmlInitWithFlags(0); }

EXPORT int nvmlShutdown(void) {
  if (!initialized) return UNINITIALIZED;
  if (--initialized == 0 && event_socket >= 0) {
    close(event_socket);
    event_socket = -1;
  }
  return SUCCESS;
}

EXPORT const char* nvmlErrorString(int result) {
  switch (result) {
    case SUCCESS:
      return "Success";
    case UNINITIALIZED:
      return "Uninitialized";
    case INVALID_ARGUMENT:
      return "Invalid Argument";
    case NOT_SUPPORTED:
      return "Not Supported";
    case NOT_FOUND:
      return "Not Found";
    case INSUFFICIENT_SIZE:
      return "Insufficient Size";
    case DRIVER_NOT_LOADED:
      return "Driver Not Loaded";
    case TIMEOUT:
      return "Timeout";
    case FUNCTION_NOT_FOUND:
      return "Function Not Found";
    default:
      return "Unknown Error";
  }
}

EXPORT int nvmlSystemGetDriverVersion(char* version, unsigned size) {
  return put(DRIVER_VERSION, version, size);
}
EXPORT int nvmlSystemGetNVMLVersion(char* version, unsigned size) {
  return put("12." DRIVER_VERSION, version, size);
}
EXPORT int nvmlSystemGetCudaDriverVersion_v2(int* version) {
  *version = CUDA_VERSION;
  return SUCCESS;
}
EXPORT int nvmlSystemGetCudaDriverVersion(int* version) {
  return nvmlSystemGetCudaDriverVersion_v2(version);
}

// nvidia-smi asks a private table whether it and the library are of one version; that is entry 26,
// seen with a table of logging functions. The others say that they are not there.
static int private_not_found(void) { return FUNCTION_NOT_FOUND; }
static int private_same_version(void) { return SUCCESS; }
#define FOUR private_not_found, private_not_found, private_not_found, private_not_found
#define SIXTEEN FOUR, FOUR, FOUR, FOUR
typedef int (*private_function)(void);
static const struct {
  unsigned long bytes;
  private_function before[25];
  private_function same_version;
  private_function after[128];
} private_table = {
    sizeof private_table,
    {SIXTEEN, FOUR, FOUR, private_not_found},
    private_same_version,
    {SIXTEEN, SIXTEEN, SIXTEEN, SIXTEEN, SIXTEEN, SIXTEEN, SIXTEEN, SIXTEEN},
};
EXPORT int nvmlInternalGetExportTable(const void** table, const void* id) {
  (void)id;
  *table = &private_table;
  return SUCCESS;
}

// --- finding GPUs ---------------------------------------------------------------------------

EXPORT int nvmlDeviceGetCount_v2(unsigned* count) {
  if (!initialized) return UNINITIALIZED;
  *count = gpu_count();
  return SUCCESS;
}
EXPORT int nvmlDeviceGetCount(unsigned* count) { return nvmlDeviceGetCount_v2(count); }

EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, struct device** device) {
  if (!initialized) return UNINITIALIZED;
  *device = gpu_at(index);
  return *device ? SUCCESS : INVALID_ARGUMENT;
}
EXPORT int nvmlDeviceGetHandleByIndex(unsigned index, struct device** device) {
  return nvmlDeviceGetHandleByIndex_v2(index, device);
}

static void uuid_of(const struct device* device, char* out, unsigned long size) {
  if (is_mig(device))
    mig_uuid(device->minor, device->gi, device->ci, out, size);
  else
    gpu_uuid(device->minor, out, size);
}

EXPORT int nvmlDeviceGetHandleByUUID(const char* uuid, struct device** device) {
  if (!initialized) return UNINITIALIZED;
  if (!uuid) return INVALID_ARGUMENT;
  struct device* gpu;
  for (unsigned i = 0; (gpu = gpu_at(i)); ++i) {
    char candidate[64];
    uuid_of(gpu, candidate, sizeof candidate);
    if (strcmp(uuid, candidate) == 0) {
      *device = gpu;
      return SUCCESS;
    }
    struct device* mig;
    for (unsigned j = 0; (mig = mig_at(gpu->minor, j)); ++j) {
      uuid_of(mig, candidate, sizeof candidate);
      if (strcmp(uuid, candidate) == 0) {
        *device = mig;
        return SUCCESS;
      }
    }
  }
  return NOT_FOUND;
}

EXPORT int nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id, struct device** device) {
  if (!initialized) return UNINITIALIZED;
  unsigned domain, bus, slot, function = 0;
  if (!bus_id || (sscanf(bus_id, "%x:%x:%x.%x", &domain, &bus, &slot, &function) < 3 &&
                  (domain = 0, sscanf(bus_id, "%x:%x.%x", &bus, &slot, &function)) < 2))
    return INVALID_ARGUMENT;
  struct device* gpu;
  for (unsigned i = 0; (gpu = gpu_at(i)); ++i)
    if (domain == 0 && slot == 0 && function == 0 && gpu_bus(gpu->minor) == bus) {
      *device = gpu;
      return SUCCESS;
    }
  return NOT_FOUND;
}
EXPORT int nvmlDeviceGetHandleByPciBusId(const char* bus_id, struct device** device) {
  return nvmlDeviceGetHandleByPciBusId_v2(bus_id, device);
}

// --- what a GPU is --------------------------------------------------------------------------

EXPORT int nvmlDeviceGetName(struct device* device, char* name, unsigned size) {
  return put(is_mig(device) ? MODEL " MIG " MIG_PROFILE : MODEL, name, size);
}

EXPORT int nvmlDeviceGetUUID(struct device* device, char* uuid, unsigned size) {
  char text[64];
  uuid_of(device, text, sizeof text);
  return put(text, uuid, size);
}

EXPORT int nvmlDeviceGetIndex(struct device* device, unsigned* index) {
  struct device* found;
  for (unsigned i = 0; (found = is_mig(device) ? mig_at(device->minor, i) : gpu_at(i)); ++i)
    if (found == device) {
      *index = i;
      return SUCCESS;
    }
  return NOT_FOUND;
}

struct pci_info {
  char bus_id_legacy[16];
  unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
  char bus_id[32];
};
EXPORT int nvmlDeviceGetPciInfo_v3(struct device* device, struct pci_info* pci) {
  if (is_mig(device)) return NOT_SUPPORTED;
  const unsigned bus = gpu_bus(device->minor);
  memset(pci, 0, sizeof *pci);
  snprintf(pci->bus_id_legacy, sizeof pci->bus_id_legacy, "0000:%02X:00.0", bus);
  snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", bus);
  pci->bus = bus;
  pci->pci_device_id = 0x233010de;
  pci->pci_subsystem_id = 0x16c110de;
  return SUCCESS;
}
EXPORT int nvmlDeviceGetPciInfo_v2(struct device* device, struct pci_info* pci) {
  return nvmlDeviceGetPciInfo_v3(device, pci);
}
EXPORT int nvmlDeviceGetPciInfo(struct device* device, struct pci_info* pci) {
  return nvmlDeviceGetPciInfo_v3(device, pci);
}

struct pci_info_ext {
  unsigned version, domain, bus, device, pci_device_id, pci_subsystem_id, base_class, sub_class;
  char bus_id[32];
};
EXPORT int nvmlDeviceGetPciInfoExt(struct device* device, struct pci_info_ext* ext) {
  struct pci_info pci;
  const int result = nvmlDeviceGetPciInfo_v3(device, &pci);
  if (result != SUCCESS) return result;
  *ext = (struct pci_info_ext){
      ext->version,         pci.domain, pci.bus, pci.device, pci.pci_device_id,
      pci.pci_subsystem_id, 3,          2,       ""};
  memcpy(ext->bus_id, pci.bus_id, sizeof ext->bus_id);
  return SUCCESS;
}

EXPORT int nvmlDeviceGetMinorNumber(struct device* device, unsigned* minor) {
  if (is_mig(device)) return NOT_SUPPORTED;
  *minor = device->minor;
  return SUCCESS;
}

EXPORT int nvmlDeviceGetBrand(struct device* device, int* brand) {
  (void)device;
  *brand = 14;  // NVIDIA
  return SUCCESS;
}

EXPORT int nvmlDeviceGetArchitecture(struct device* device, unsigned* architecture) {
  (void)device;
  *architecture = 9;  // Hopper
  return SUCCESS;
}

EXPORT int nvmlDeviceGetCudaComputeCapability(struct device* device, int* major, int* minor) {
  (void)device;
  *major = 9;
  *minor = 0;
  return SUCCESS;
}

// --- MIG ------------------------------------------------------------------------------------

EXPORT int nvmlDeviceGetMigMode(struct device* device, unsigned* current, unsigned* pending) {
  if (is_mig(device)) return NOT_SUPPORTED;
  char path[96];
  snprintf(path, sizeof path, "/proc/driver/nvidia/capabilities/gpu%u/mig", device->minor);
  *current = *pending = access(path, F_OK) == 0 || mig_at(device->minor, 0);
  return SUCCESS;
}

EXPORT int nvmlDeviceGetMaxMigDeviceCount(struct device* device, unsigned* count) {
  if (is_mig(device)) return NOT_SUPPORTED;
  *count = 7;
  return SUCCESS;
}

EXPORT int nvmlDeviceGetMigDeviceHandleByIndex(struct device* device, unsigned index,
                                               struct device** mig) {
  if (is_mig(device)) return INVALID_ARGUMENT;
  struct device* found = mig_at(device->minor, index);
  if (!found) return NOT_FOUND;
  *mig = found;
  return SUCCESS;
}

EXPORT int nvmlDeviceIsMigDeviceHandle(struct device* device, unsigned* answer) {
  *answer = is_mig(device);
  return SUCCESS;
}

EXPORT int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(struct device* mig, struct device** gpu) {
  if (!is_mig(mig)) return INVALID_ARGUMENT;
  *gpu = &gpus[mig->minor];
  return SUCCESS;
}

EXPORT int nvmlDeviceGetGpuInstanceId(struct device* device, unsigned* id) {
  if (!is_mig(device)) return NOT_SUPPORTED;
  *id = device->gi;
  return SUCCESS;
}

EXPORT int nvmlDeviceGetComputeInstanceId(struct device* device, unsigned* id) {
  if (!is_mig(device)) return NOT_SUPPORTED;
  *id = device->ci;
  return SUCCESS;
}

struct attributes {
  unsigned multiprocessors, shared_copy_engines, shared_decoders, shared_encoders, shared_jpeg,
      shared_ofa, gi_slices, ci_slices;
  unsigned long long memory_mib;
};
EXPORT int nvmlDeviceGetAttributes_v2(struct device* device, struct attributes* attributes) {
  if (!is_mig(device)) return NOT_SUPPORTED;
  *attributes = (struct attributes){16, 1, 1, 0, 1, 0, 1, 1, MIG_MEMORY / MIB};
  return SUCCESS;
}

// --- what plain nvidia-smi prints: an idle GPU -----------------------------------------------

static unsigned long long memory_of(const struct device* device) {
  return is_mig(device) ? MIG_MEMORY : GPU_MEMORY;
}

struct memory {
  unsigned long long total, free, used;
};
EXPORT int nvmlDeviceGetMemoryInfo(struct device* device, struct memory* memory) {
  const unsigned long long total = memory_of(device);
  *memory = (struct memory){total, total, 0};
  return SUCCESS;
}

struct memory_v2 {
  unsigned version;
  unsigned long long total, reserved, free, used;
};
EXPORT int nvmlDeviceGetMemoryInfo_v2(struct device* device, struct memory_v2* memory) {
  const unsigned long long total = memory_of(device);
  *memory = (struct memory_v2){memory->version, total, 0, total, 0};
  return SUCCESS;
}

EXPORT int nvmlDeviceGetBAR1MemoryInfo(struct device* device, struct memory* memory) {
  return nvmlDeviceGetMemoryInfo(device, memory);
}

struct utilization {
  unsigned gpu, memory;
};
EXPORT int nvmlDeviceGetUtilizationRates(struct device* device, struct utilization* utilization) {
  if (is_mig(device)) return NOT_SUPPORTED;
  *utilization = (struct utilization){0, 0};
  return SUCCESS;
}

// One unsigned value per call.
#define ANSWER(function, value)                                  \
  EXPORT int function(struct device* device, unsigned* answer) { \
    if (is_mig(device)) return NOT_SUPPORTED;                    \
    *answer = (value);                                           \
    return SUCCESS;                                              \
  }
ANSWER(nvmlDeviceGetPersistenceMode, 1)
ANSWER(nvmlDeviceGetDisplayActive, 0)
ANSWER(nvmlDeviceGetDisplayMode, 0)
ANSWER(nvmlDeviceGetPerformanceState, 0)
ANSWER(nvmlDeviceGetPowerUsage, 70000)
ANSWER(nvmlDeviceGetEnforcedPowerLimit, 700000)
ANSWER(nvmlDeviceGetPowerManagementLimit, 700000)
ANSWER(nvmlDeviceGetPowerManagementMode, 1)
ANSWER(nvmlDeviceGetComputeMode, 0)

ANSWER(nvmlDeviceGetVirtualizationMode, 0)

EXPORT int nvmlDeviceGetFanSpeed(struct device* device, unsigned* percent) {
  (void)device, (void)percent;
  return NOT_SUPPORTED;  // passively cooled
}

EXPORT int nvmlDeviceGetMemoryErrorCounter(struct device* device, int type, int counter,
                                           int location, unsigned long long* count) {
  (void)device, (void)type, (void)counter, (void)location;
  *count = 0;
  return SUCCESS;
}

EXPORT int nvmlDeviceValidateInforom(struct device* device) {
  (void)device;
  return SUCCESS;
}

// Xid errors come as datagrams "MINOR XID" to an abstract socket, which is there from the first GPU
// that is watched to nvmlShutdown: so a test can see who holds GPUs, too. nvidia-smi makes a set
// for GPUs that are lost; none ever is.
#define XID_EVENT 8
static const struct sockaddr_un event_address = {AF_UNIX, "\0nvinject-mock-nvml"};
#define EVENT_ADDRESS_SIZE (sizeof(sa_family_t) + sizeof "\0nvinject-mock-nvml" - 1)

struct event {
  struct device* device;
  unsigned long long type, data;
  unsigned gi, ci;
};

EXPORT int nvmlEventSetCreate(void** set) {
  *set = &event_socket;
  return SUCCESS;
}
EXPORT int nvmlEventSetFree(void* set) {
  (void)set;
  return SUCCESS;
}
EXPORT int nvmlDeviceGetSupportedEventTypes(struct device* device, unsigned long long* types) {
  *types = is_mig(device) ? 0 : XID_EVENT;
  return SUCCESS;
}
EXPORT int nvmlDeviceRegisterEvents(struct device* device, unsigned long long types, void* set) {
  (void)device, (void)set;
  if (!(types & XID_EVENT) || event_socket >= 0) return SUCCESS;
  event_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bind(event_socket, (const struct sockaddr*)&event_address, EVENT_ADDRESS_SIZE);
  return SUCCESS;
}
EXPORT int nvmlEventSetWait_v2(void* set, struct event* event, unsigned milliseconds) {
  struct pollfd ready = {event_socket, POLLIN, 0};
  char text[32] = "";
  unsigned minor;
  (void)set;
  if (event_socket < 0) return TIMEOUT;
  if (poll(&ready, 1, (int)milliseconds) < 1) return TIMEOUT;
  if (recv(event_socket, text, sizeof text - 1, 0) < 0) return TIMEOUT;
  *event = (struct event){NULL, XID_EVENT, 0, NO_INSTANCE, NO_INSTANCE};
  if (sscanf(text, "%u %llu", &minor, &event->data) != 2 || minor >= MAX_GPUS) return TIMEOUT;
  event->device = &gpus[minor];
  return SUCCESS;
}

EXPORT int nvmlDeviceGetTemperature(struct device* device, int sensor, unsigned* degrees) {
  (void)sensor;
  if (is_mig(device)) return NOT_SUPPORTED;
  *degrees = 30;
  return SUCCESS;
}

EXPORT int nvmlDeviceGetEccMode(struct device* device, unsigned* current, unsigned* pending) {
  if (is_mig(device)) return NOT_SUPPORTED;
  *current = *pending = 1;
  return SUCCESS;
}

EXPORT int nvmlDeviceGetTotalEccErrors(struct device* device, int type, int counter,
                                       unsigned long long* count) {
  (void)device, (void)type, (void)counter;
  *count = 0;
  return SUCCESS;
}

#endif
