#define _GNU_SOURCE /* syscall(), setgroups() */
#include "nixied/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
fail(char *words, const char *what, const char *why)
{
	snprintf(words, CONFINE_WORDS_MAX, "%.120s: %s", what, why);
	return false;
}

/* ---- the user */

bool
confine_find_user(const char *name, const char *folder, struct confine_user *user,
	char words[static CONFINE_WORDS_MAX])
{
	struct stat st = {.st_uid = 0}; /* MemorySanitizer does not see stat() fill it */
	const struct passwd *entry = NULL;
	*user = (struct confine_user){.uid = geteuid(), .gid = getegid()};
	if (geteuid() != 0) {
		const struct passwd *const self = getpwuid(geteuid());
		if (name[0] == '\0' || (self != NULL && strcmp(self->pw_name, name) == 0))
			return true;
		return fail(words, name,
			"only root can serve as another user; start it as that "
			"user, or leave out `user`");
	}
	if (name[0] != '\0') {
		entry = getpwnam(name);
		if (entry == NULL)
			return fail(words, name,
				"there is no such user; make one (useradd --system), or name "
				"another in `user`");
	} else {
		if (stat(folder, &st) < 0)
			return fail(words, folder,
				errno == ENOENT
					? "is not there; make it for the server's user alone "
					  "(install -d -o USER -m 700), or name another "
					  "data_directory"
					: strerror(errno));
		entry = getpwuid(st.st_uid);
		if (st.st_uid == 0 || entry == NULL)
			return fail(words, folder,
				"belongs to root; give it to the user who is to run the server "
				"(chown), or name one in `user`");
	}
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	user->is_other = entry->pw_uid != 0;
	snprintf(user->name, sizeof user->name, "%s", entry->pw_name);
	return true;
}

bool
confine_become(const struct confine_user *user, char words[static CONFINE_WORDS_MAX])
{
	if (!user->is_other)
		return true;
	if (initgroups(user->name, user->gid) < 0 || setgid(user->gid) < 0 || setuid(user->uid) < 0)
		return fail(words, user->name, strerror(errno));
	if (setuid(0) == 0)
		return fail(words, user->name, "root's rights could not be given up");
	return true;
}

void
confine_basics(void)
{
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void
confine_end(void)
{
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* ---- files: Landlock */

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITES                                                                                     \
	(READS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                   \
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |                     \
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                       \
		LANDLOCK_ACCESS_FS_MAKE_SYM)
#define HANDLED                                                                                    \
	(WRITES | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                      \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO)

static bool
allow(int rules, const char *path, uint64_t access)
{
	struct stat st = {.st_mode = 0};
	const int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT; /* what is not there needs no right */
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
	const struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
	const long added =
		syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(fd);
	return added == 0;
}

bool
confine_files(const char *const *written, size_t written_count, const char *const *read,
	size_t read_count)
{
	struct landlock_ruleset_attr handled = {.handled_access_fs = HANDLED};
	const long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	/* The first version lets nobody link a file from tmp to new, as a Maildir wants. */
	if (version < 2)
		return false;
	handled.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	const int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (rules < 0)
		return false;
	bool ok = true;
	for (size_t i = 0; i < read_count; i++)
		ok = allow(rules, read[i], READS) && ok;
	for (size_t i = 0; i < written_count; i++)
		ok = allow(rules, written[i],
			     WRITES | (handled.handled_access_fs & ~(uint64_t)HANDLED)) &&
		     ok;
	ok = ok && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	close(rules);
	return ok;
}

/* ---- calls: seccomp */

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* AddressSanitizer looks for leaks with ptrace(), and waits for ever for a helper that was killed
 * for it. Clang tells of it in another way than gcc. */
#if defined __SANITIZE_ADDRESS__
#define HAS_ADDRESS_SANITIZER
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER
#endif
#endif
#if defined ARCHITECTURE && !defined HAS_ADDRESS_SANITIZER
/* What no mail server has to do: run programs, look into others, change the system. */
static const int forbidden[] = {
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kexec_load,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_unshare,
	SYS_setns,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_acct,
	SYS_quotactl,
	SYS_setuid,
	SYS_setgid,
	SYS_setreuid,
	SYS_setregid,
	SYS_setresuid,
	SYS_setresgid,
	SYS_setgroups,
};

bool
confine_calls(void)
{
	enum { COUNT = sizeof forbidden / sizeof *forbidden };
	struct sock_filter filter[COUNT + 8];
	unsigned short n = 0;
	const struct sock_filter load_architecture = BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					 (unsigned)offsetof(struct seccomp_data, arch)),
				 is_ours = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
				 kill = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
				 load_number = BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					 (unsigned)offsetof(struct seccomp_data, nr)),
				 pass = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[n++] = load_architecture;
	filter[n++] = is_ours;
	filter[n++] = kill;
	filter[n++] = load_number;
#ifdef __x86_64__
	/* The numbers of x32 mean the same calls. */
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1);
	filter[n++] = kill;
#endif
	for (size_t i = 0; i < COUNT; i++) {
		const unsigned to_kill = (unsigned)(COUNT - i);
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(unsigned)forbidden[i], (unsigned char)to_kill, 0);
	}
	filter[n++] = pass;
	filter[n++] = kill;
	const struct sock_fprog program = {.len = n, .filter = filter};
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#else
bool
confine_calls(void)
{
	return false;
}
#endif
