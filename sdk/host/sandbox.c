/*
 * The layers, each a small function that says whether it is on. A system call that no filter lists
 * is never made: the kernel raises SIGSYS instead, whose handler notes the number and ends the
 * process. Nothing after sandbox_play can take a layer off.
 */
#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER true
#else
#define HAS_SANITIZER false
#endif

#define OVERHEAD_BYTES   (8u << 20) /* of the loader and the filters, beside what is mapped */
#define STACK_BYTES      (1u << 20)
#define DESCRIPTORS_MAX  64
#define LANDLOCK_ABI_MIN 2

/* Of the kernel's interface, which the headers of the system may not know yet. */
#define CALL_LANDLOCK_CREATE   444
#define CALL_LANDLOCK_RESTRICT 446
struct landlock_rules {
    uint64_t files, ports, scopes;
};

static _Atomic uint32_t *forbidden_call; /* where the handler notes it */

static bool user_drop(const struct sandbox *sandbox);
static bool environment_clear(void);
static bool limits_set(uint64_t image_bytes);
static bool limit_set(int resource, uint64_t value);
static bool landlock_enter(void);
static bool report_forbidden_calls(void);
static void on_forbidden_call(int number, siginfo_t *info, void *context);
static bool filter_loading(const struct sandbox_descriptors *descriptors);
static bool filter_playing(const struct sandbox_descriptors *descriptors);
static bool filter_relaxed(void);
static bool allow_playing(scmp_filter_ctx filter, const struct sandbox_descriptors *descriptors);
static bool allow_loading(scmp_filter_ctx filter);
static scmp_filter_ctx filter_begin(uint32_t otherwise);
static bool filter_end(scmp_filter_ctx filter, bool fine);
static bool output_close(void);
static bool put_on(struct sandbox *sandbox, enum sandbox_layer layer, bool is_on);

const char *sandbox_layer_name(enum sandbox_layer layer)
{
    static const char *const names[] = {
#define X(name, text) text,
        SANDBOX_LAYERS(X)
#undef X
    };
    return names[layer];
}

void sandbox_init(struct sandbox *sandbox, int argument_count, char **arguments)
{
    *sandbox = (struct sandbox){.user = SANDBOX_USER_DEFAULT, .group = SANDBOX_USER_DEFAULT};
    sandbox->relaxed =
        HAS_SANITIZER || (argument_count > 2 && strcmp(arguments[2], SANDBOX_RELAXED) == 0);
    sandbox->possible = argument_count > 2 && strcmp(arguments[2], SANDBOX_POSSIBLE) == 0;
    if (argument_count > 4) {
        sandbox->user = (uid_t)strtoul(arguments[3], NULL, 10);
        sandbox->group = (gid_t)strtoul(arguments[4], NULL, 10);
    }
}

/* The parent's death is set after the user: becoming another one clears it. */
bool sandbox_begin(struct sandbox *sandbox, int descriptor_last)
{
    return put_on(sandbox, SANDBOX_LAYER_USER, user_drop(sandbox)) &&
           put_on(sandbox, SANDBOX_LAYER_ENVIRONMENT, environment_clear()) &&
           put_on(sandbox, SANDBOX_LAYER_DESCRIPTORS,
                  close_range((unsigned)descriptor_last + 1, ~0u, 0) == 0) &&
           put_on(sandbox, SANDBOX_LAYER_PARENT, prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) &&
           put_on(sandbox, SANDBOX_LAYER_NO_NEW_PRIVILEGES,
                  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) &&
           put_on(sandbox, SANDBOX_LAYER_NOT_DUMPABLE,
                  !sandbox->relaxed && prctl(PR_SET_DUMPABLE, 0) == 0);
}

bool sandbox_load(struct sandbox *sandbox, const struct sandbox_descriptors *descriptors,
                  uint64_t image_bytes, _Atomic uint32_t *call)
{
    forbidden_call = call;
    bool reports = report_forbidden_calls();
    if (sandbox->relaxed) /* a sanitizer maps, opens and clones as it likes */
        return put_on(sandbox, SANDBOX_LAYER_LOADING_FILTER, reports && filter_relaxed());
    return put_on(sandbox, SANDBOX_LAYER_LIMITS, limits_set(image_bytes)) &&
           put_on(sandbox, SANDBOX_LAYER_LANDLOCK, landlock_enter()) &&
           put_on(sandbox, SANDBOX_LAYER_LOADING_FILTER, reports && filter_loading(descriptors));
}

bool sandbox_play(struct sandbox *sandbox, const struct sandbox_descriptors *descriptors)
{
    if (sandbox->relaxed)
        return true;
    return put_on(sandbox, SANDBOX_LAYER_PLAYING_FILTER,
                  output_close() && limit_set(RLIMIT_FSIZE, 0) && filter_playing(descriptors));
}

/* Whoever is not root has nothing to give away. Under a sanitizer everything stays as it is, for
 * its leak check traces the process. */
static bool user_drop(const struct sandbox *sandbox)
{
    if (geteuid() != 0)
        return true;
    if (sandbox->relaxed || sandbox->user == 0 || sandbox->group == 0)
        return false;
    return setgroups(0, NULL) == 0 &&
           setresgid(sandbox->group, sandbox->group, sandbox->group) == 0 &&
           setresuid(sandbox->user, sandbox->user, sandbox->user) == 0;
}

static bool environment_clear(void)
{
    return clearenv() == 0;
}

/* The address space is what is mapped now, the game, and what loading it takes. Files can still
 * grow: standard error is one, perhaps, and has to tell which later layer is missing. */
static bool limits_set(uint64_t image_bytes)
{
    unsigned long pages = 0;
    FILE *sizes = fopen("/proc/self/statm", "r");
    bool known = sizes && fscanf(sizes, "%lu", &pages) == 1;
    if (sizes)
        fclose(sizes);
    uint64_t memory = pages * (uint64_t)sysconf(_SC_PAGESIZE) + image_bytes + OVERHEAD_BYTES;
    return known && limit_set(RLIMIT_AS, memory) && limit_set(RLIMIT_DATA, memory) &&
           limit_set(RLIMIT_STACK, STACK_BYTES) && limit_set(RLIMIT_NOFILE, DESCRIPTORS_MAX) &&
           limit_set(RLIMIT_NPROC, 0) && limit_set(RLIMIT_CORE, 0) && limit_set(RLIMIT_MEMLOCK, 0);
}

/* A limit that is lower already stays. */
static bool limit_set(int resource, uint64_t value)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0)
        return false;
    if (limit.rlim_max < value)
        value = limit.rlim_max;
    limit = (struct rlimit){value, value};
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

/* Every right that this kernel knows is handled and none is given: no file can be opened, nothing
 * bound or connected. The sealed memory that the game is loaded from is no file of any folder. */
static bool landlock_enter(void)
{
    static const int file_rights[] = {0, 13, 14, 15, 15, 16}; /* by the kernel's version of it */
    const int known = (int)(sizeof file_rights / sizeof file_rights[0]) - 1;
    int abi = (int)syscall(CALL_LANDLOCK_CREATE, NULL, 0, 1);
    if (abi < LANDLOCK_ABI_MIN)
        return false;
    struct landlock_rules rules = {.files = (1ull << file_rights[abi < known ? abi : known]) - 1,
                                   .ports = abi >= 4 ? 3 : 0,
                                   .scopes = abi >= 6 ? 3 : 0};
    size_t bytes = abi < 4   ? offsetof(struct landlock_rules, ports)
                   : abi < 6 ? offsetof(struct landlock_rules, scopes)
                             : sizeof rules;
    int ruleset = (int)syscall(CALL_LANDLOCK_CREATE, &rules, bytes, 0);
    if (ruleset < 0)
        return false;
    bool is_on = syscall(CALL_LANDLOCK_RESTRICT, ruleset, 0) == 0;
    close(ruleset);
    return is_on;
}

static bool report_forbidden_calls(void)
{
    struct sigaction action = {.sa_sigaction = on_forbidden_call, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    return sigaction(SIGSYS, &action, NULL) == 0;
}

/* Runs instead of the call. It never returns to the game. */
static void on_forbidden_call(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    atomic_store(forbidden_call, (uint32_t)info->si_syscall + 1);
    for (;;)
        syscall(SYS_exit_group, SANDBOX_EXIT_FORBIDDEN);
}

static bool filter_loading(const struct sandbox_descriptors *descriptors)
{
    scmp_filter_ctx filter = filter_begin(SCMP_ACT_TRAP);
    bool fine = filter && allow_playing(filter, descriptors) && allow_loading(filter);
    return filter_end(filter, fine);
}

static bool filter_playing(const struct sandbox_descriptors *descriptors)
{
    scmp_filter_ctx filter = filter_begin(SCMP_ACT_TRAP);
    bool fine = filter && allow_playing(filter, descriptors);
    return filter_end(filter, fine);
}

/* No wall, a tripwire: what no sanitizer does either. */
static bool filter_relaxed(void)
{
    static const int forbidden[] = {
        SCMP_SYS(execve),  SCMP_SYS(execveat), SCMP_SYS(socket), SCMP_SYS(connect),
        SCMP_SYS(bind),    SCMP_SYS(listen),   SCMP_SYS(kill),   SCMP_SYS(mount),
        SCMP_SYS(unshare), SCMP_SYS(setns),    SCMP_SYS(bpf),    SCMP_SYS(io_uring_setup)};
    scmp_filter_ctx filter = filter_begin(SCMP_ACT_ALLOW);
    bool fine = filter != NULL;
    for (size_t i = 0; fine && i < sizeof forbidden / sizeof forbidden[0]; i++)
        fine = seccomp_rule_add(filter, SCMP_ACT_TRAP, forbidden[i], 0) == 0;
    return filter_end(filter, fine);
}

#define ALLOW(call, count, ...)                                                                    \
    (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(call), count, ##__VA_ARGS__) == 0)
#define ON(descriptor) SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)(descriptor))

/* The loop of worker.c. Streams come and go, so their numbers are not fixed; what is sent on them
 * names no address. The clock's calls are those that the loop makes where the vDSO does not help.
 */
static bool allow_playing(scmp_filter_ctx filter, const struct sandbox_descriptors *descriptors)
{
    return ALLOW(epoll_wait, 1, ON(descriptors->epoll)) &&
           ALLOW(epoll_pwait, 1, ON(descriptors->epoll)) &&
           ALLOW(epoll_ctl, 1, ON(descriptors->epoll)) &&
           ALLOW(recvmsg, 1, ON(descriptors->control)) &&
           ALLOW(sendmsg, 1, ON(descriptors->control)) &&
           ALLOW(recvfrom, 1, SCMP_A4_64(SCMP_CMP_EQ, 0)) &&
           ALLOW(sendto, 2, SCMP_A4_64(SCMP_CMP_EQ, 0), SCMP_A5_64(SCMP_CMP_EQ, 0)) &&
           ALLOW(read, 1, ON(descriptors->heartbeat_timer)) &&
           ALLOW(timerfd_settime, 1, ON(descriptors->tick_timer)) &&
           ALLOW(clock_gettime, 1, SCMP_A0_32(SCMP_CMP_EQ, CLOCK_MONOTONIC)) &&
           ALLOW(clock_gettime, 1, SCMP_A0_32(SCMP_CMP_EQ, CLOCK_PROCESS_CPUTIME_ID)) &&
           ALLOW(close, 0) && ALLOW(exit_group, 0) && ALLOW(rt_sigreturn, 0);
}

/* dlopen, and the second filter. */
static bool allow_loading(scmp_filter_ctx filter)
{
    return ALLOW(openat, 1, SCMP_A2_32(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT, O_RDONLY)) &&
           ALLOW(read, 0) && ALLOW(pread64, 0) && ALLOW(fstat, 0) && ALLOW(newfstatat, 0) &&
           ALLOW(mmap, 0) && ALLOW(munmap, 0) && ALLOW(mprotect, 0) && ALLOW(brk, 0) &&
           ALLOW(dup3, 0) && ALLOW(seccomp, 0) &&
           ALLOW(prlimit64, 2, SCMP_A0_32(SCMP_CMP_EQ, 0), SCMP_A1_32(SCMP_CMP_EQ, RLIMIT_FSIZE)) &&
           ALLOW(prctl, 1, SCMP_A0_32(SCMP_CMP_EQ, PR_SET_SECCOMP)) &&
           ALLOW(write, 1, ON(STDERR_FILENO));
}

static scmp_filter_ctx filter_begin(uint32_t otherwise)
{
    scmp_filter_ctx filter = seccomp_init(otherwise);
    if (filter && (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
                   seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) != 0)) {
        seccomp_release(filter);
        return NULL;
    }
    return filter;
}

static bool filter_end(scmp_filter_ctx filter, bool fine)
{
    fine = fine && seccomp_load(filter) == 0;
    if (filter)
        seccomp_release(filter);
    return fine;
}

/* The game has nobody to write to: what it could say there would go to the service's log. */
static bool output_close(void)
{
    return dup3(STDIN_FILENO, STDOUT_FILENO, O_CLOEXEC) >= 0 &&
           dup3(STDIN_FILENO, STDERR_FILENO, O_CLOEXEC) >= 0;
}

static bool put_on(struct sandbox *sandbox, enum sandbox_layer layer, bool is_on)
{
    if (is_on)
        sandbox->layers |= 1u << layer;
    if (is_on || sandbox->relaxed || sandbox->possible)
        return true;
    fprintf(stderr,
            "%s: the layer \"%s\" of the sandbox is missing (%s), so no game is "
            "played: use a kernel with it, or set sandbox=relaxed and trust every game.\n",
            program_invocation_short_name, sandbox_layer_name(layer), strerror(errno));
    return false;
}
