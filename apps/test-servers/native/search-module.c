/*
 * A Redis module that lends Redis the RediSearch inside of FalkorDB's library. FalkorDB is a graph database which indexes by a RediSearch
 * that is linked into it and reads the API of modules from pointers named RedisModule_*, as each module does. So: load the library, fill
 * those pointers from this server, and start its RediSearch under the name "search". FALKORDB_SO is the path of the library.
 *
 * For tests only. It is linked against nothing but the C library, and falkordb.so is loaded as it was published.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The part of `struct link_map` that <link.h> promises: that header wants more of a compiler than tcc has. */
struct loaded {
  uintptr_t base;
  const char *name;
  const Elf64_Dyn *dynamic;
};

typedef int get_api(const char *name, void *pointer);

static const char api_prefix[] = "RedisModule_";

/* Of redismodule.h: REDISMODULE_OK, REDISMODULE_ERR and REDISMODULE_APIVER_1. */
enum { OK = 0, FAILED = 1, API_VERSION = 1 };

/* Of redismodule.h: REDISMODULE_NOTIFY_* for what may change a hash, or end it. */
enum { GENERIC = 1 << 2, STRING = 1 << 3, HASH = 1 << 6, EXPIRED = 1 << 8, EVICTED = 1 << 9, LOADED = 1 << 12, MODULE = 1 << 13 };

/* How RediSearch 2.8.13, the one inside, counts its versions. */
enum { SEARCH_VERSION = 20813 };

static int failed(const char *reason) {
  fprintf(stderr, "search module: %s\n", reason);
  return FAILED;
}

/* The symbol table has no length of its own: what comes after it in the file is the table of its names. */
static void fill_api(const struct loaded *library, get_api *get) {
  const Elf64_Sym *symbol = NULL;
  const char *names = NULL;
  for (const Elf64_Dyn *entry = library->dynamic; entry->d_tag != DT_NULL; entry++) {
    if (entry->d_tag == DT_SYMTAB) symbol = (const Elf64_Sym *)entry->d_un.d_ptr;
    if (entry->d_tag == DT_STRTAB) names = (const char *)entry->d_un.d_ptr;
  }
  for (; (const char *)symbol < names; symbol++) {
    const char *name = names + symbol->st_name;
    int is_variable = symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT;
    /* A server without a function leaves its pointer empty: RediSearch asks before it calls. */
    if (is_variable && strncmp(name, api_prefix, sizeof api_prefix - 1) == 0) {
      get(name, (void *)(library->base + symbol->st_value));
    }
  }
}

int RedisModule_OnLoad(void *context, void **arguments, int count) {
  /* Where redismodule.h finds it too. */
  get_api *get = *(get_api **)context;
  int (*set_attributes)(void *, const char *, int, int) = NULL;
  int (*subscribe)(void *, int, void *) = NULL;
  const char *path = getenv("FALKORDB_SO");
  if (path == NULL) return failed("FALKORDB_SO is not set");
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (handle == NULL) return failed(dlerror());
  struct loaded *library = NULL;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &library) != 0) return failed(dlerror());
  int (*start_search)(void *, void **, int) = dlsym(handle, "RediSearch_InitModuleInternal");
  void *on_hash_change = dlsym(handle, "HashNotificationCallback");
  if (start_search == NULL || on_hash_change == NULL) return failed("FALKORDB_SO has no RediSearch inside");
  fill_api(library, get);
  get("RedisModule_SetModuleAttribs", &set_attributes);
  get("RedisModule_SubscribeToKeyspaceEvents", &subscribe);
  if (set_attributes == NULL || subscribe == NULL) return failed("this server is too old");
  set_attributes(context, "search", SEARCH_VERSION, API_VERSION);
  if (start_search(context, arguments, count) != OK) return failed("RediSearch did not start");
  /* Graphs index themselves, so that FalkorDB's build leaves this out. */
  return subscribe(context, GENERIC | STRING | HASH | EXPIRED | EVICTED | LOADED | MODULE, on_hash_change);
}
