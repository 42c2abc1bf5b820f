/*
 * login - passwords are checked by the workers, since argon2id takes its time
 *
 * Each thread that checks one has a handle of the directory from a small stack. What a client may
 * know of the result does not depend on whether the account exists.
 */
#ifndef RECEIVE_LOGIN_H
#define RECEIVE_LOGIN_H

struct guest;
struct logins;

#define LOGINS_WAITING_MAX 256 /* passwords being checked or waiting for it; more are told X35 */

struct logins *logins_new(const char *directory_path);
void logins_free(struct logins *l);

/* login_forget - the guest is gone; the check that is under way finds nobody */
void login_forget(struct guest *g);

/* login_proof_failed - SCRAM's proof was wrong: the machine has said so already */
void login_proof_failed(struct guest *g);

#endif
