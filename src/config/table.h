/*
 * table - every setting of the mail server: one row each
 *
 * The parser, `nixied check`, the manual nixied.conf(5) and the commented nixied.conf all come from
 * here. A setting with CONFIG_LISTENER may also stand in a listener, and then counts for that one
 * alone.
 *
 *	X(id, type, scope, default, least, most, words)
 *
 * default   as an operator would write it
 * least, most   of numbers, sizes (bytes) and times (seconds); of texts the most bytes
 * words     what it does, and why the default is what it is; for WORD the choices come first,
 *           between bars
 */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#define CONFIG_TABLE(X)                                                                            \
	/* the server */                                                                           \
	X(hostname, HOST, SERVER, "", 0, 255,                                                      \
		"The name of this server: in its greeting, in Received lines and in reports. "     \
		"Empty: what the system calls itself, which must then be a full name.")            \
	X(data_directory, PATH, SERVER, "/var/lib/nixie", 1, 900,                                  \
		"The folder of the queue, the directory and the mailboxes. Only the server's "     \
		"user may read it.")                                                               \
	X(postmaster, ADDRESS, SERVER, "", 0, 320,                                                 \
		"Who gets what nobody else can: bounces of bounces, mail to <postmaster>. "        \
		"Empty: postmaster at the host name.")                                             \
	X(threads, COUNT, SERVER, "0", 0, 64,                                                      \
		"Threads for passwords, and as many for mailboxes; 0 is eight, or one "            \
		"for "                                                                             \
		"each processor where there are more: most of the time they wait for the disk.")   \
	X(user, TEXT, SERVER, "", 0, 63,                                                           \
		"Whose rights the server has once its ports are open. Empty: those of who "        \
		"starts it, or, when root does, of the owner of data_directory.")                  \
	X(confine, FLAG, SERVER, "yes", 0, 0,                                                      \
		"Whether the server gives up, besides, all files but its own (Landlock) and the "  \
		"calls it never makes (seccomp), where the kernel can. Say no only to find out "   \
		"whether that is in the way of something.")                                        \
	X(reply_style, WORD, SERVER, "modern", 0, 0,                                               \
		"|modern|documented| Today's reply codes with enhanced status codes, or the "      \
		"exact lines of hMailServer's document, for those who match on them.")             \
	X(reply_marks, FLAG, SERVER, "yes", 0, 0,                                                  \
		"Whether each refusal ends in its condition and session, (C34 7Q2F), which "       \
		"nixie code and nixied why explain.")                                              \
	/* the DNS */                                                                              \
	X(dns_servers, TEXT, SERVER, "", 0, 400,                                                   \
		"The DNS servers that are asked, at most 8: 192.0.2.53, 192.0.2.53:5353 or "       \
		"[2001:db8::53]:53, with blanks between. Empty: those of /etc/resolv.conf. It "    \
		"should be a resolver on this host or on a protected net: blocklists refuse the "  \
		"large public ones, and what is asked across the net can be forged. Counts from "  \
		"the next start.")                                                                 \
	X(dns_timeout, TIME, SERVER, "20s", 1, 120,                                                \
		"How long a question to the DNS may take, all tries together. Counts from the "    \
		"next start.")                                                                     \
	/* the log and the counters */                                                             \
	X(log_file, PATH, SERVER, "", 0, 900,                                                      \
		"The file of the log, a line for each event (nixied-log(5)); opened again "        \
		"at a HUP, so that logrotate can move it; a new name counts from the next "        \
		"start. Empty: standard error, which systemd keeps in its journal.")               \
	X(log_format, WORD, SERVER, "logfmt", 0, 0,                                                \
		"|logfmt|json| How a line of the log is written. nixied why reads both. Counts "   \
		"from the next start.")                                                            \
	X(log_detail, WORD, SERVER, "all", 0, 0,                                                   \
		"|trouble|mail|all| What the log tells: what was refused, deferred or given "      \
		"up; also what became of the mail that was taken; also every connection, "         \
		"handshake and check. nixied why can tell only what stands there.")                \
	X(metrics_address, TEXT, SERVER, "", 0, 255,                                               \
		"Where Prometheus finds the counters over HTTP: 127.0.0.1:9125, or a path "        \
		"for a socket of the file system. They name no address of a person, but "          \
		"they are for the operator alone. Empty: nowhere. Counts from the next start.")    \
	/* who may send, and is it wanted: doc/checks.md */                                        \
	X(check_exempt, NETWORKS, SERVER, "127.0.0.0/8 ::1", 0, 32,                                \
		"Hosts whose mail is not checked for its origin: this one, and others "            \
		"of one's own.")                                                                   \
	X(check_timeout, TIME, SERVER, "30s", 1, 120,                                              \
		"How long RCPT and the end of a message wait for checks; what is not "             \
		"known by then counts as a DNS that fails, which never refuses for "               \
		"good.")                                                                           \
	X(refuse_score, COUNT, SERVER, "10", 1, 10000,                                             \
		"Scores of failed checks add up; from this sum on the message is "                 \
		"refused, with the words of the check that weighs most.")                          \
	X(spf, WORD, SERVER, "refuse", 0, 0,                                                       \
		"|off|log|score|refuse| What SPF's fail does (RFC 7208). With refuse, a "          \
		"DNS that fails defers; softfail never refuses, nor does permerror, unless "       \
		"spf_permerror_refuses.")                                                          \
	X(spf_score, COUNT, SERVER, "5", 0, 10000,                                                 \
		"What SPF's fail counts with spf = score; softfail counts half of it.")            \
	X(sender_mx_check, WORD, SERVER, "refuse", 0, 0,                                           \
		"|off|log|score|refuse| What it does when the sender's domain has "                \
		"neither MX nor address, or says with a null MX that it takes no mail: "           \
		"no bounce could ever reach it.")                                                  \
	X(sender_mx_score, COUNT, SERVER, "5", 0, 10000,                                           \
		"What that counts with sender_mx_check = score.")                                  \
	X(helo_check, WORD, SERVER, "score", 0, 0,                                                 \
		"|off|log|score|refuse| What it does when the name in HELO does not "              \
		"have the client's address. RFC 5321 forbids to refuse for that alone; "           \
		"many honest servers have a wrong name.")                                          \
	X(helo_score, COUNT, SERVER, "2", 0, 10000, "What that counts with helo_check = score.")   \
	X(ptr_check, WORD, SERVER, "score", 0, 0,                                                  \
		"|off|log|score|refuse| What it does when the client's address has no "            \
		"name in the DNS that leads back to it.")                                          \
	X(ptr_score, COUNT, SERVER, "3", 0, 10000, "What that counts with ptr_check = score.")     \
	X(dnsbl, TEXT, SERVER, "", 0, 2000,                                                        \
		"Lists of addresses whose mail is not wanted, at most 16: "                        \
		"zen.spamhaus.org refuses whom it lists, zen.spamhaus.org*5 counts 5, "            \
		"list.example=127.0.0.[2..11]*5 counts those answers alone. A list that "          \
		"answers for everything, or for nothing, or refuses to answer, does not "          \
		"count, and is told in the log.")                                                  \
	X(rhsbl, TEXT, SERVER, "", 0, 2000,                                                        \
		"Lists of domains, written likewise: the sender's domain and the name "            \
		"in HELO are looked up.")                                                          \
	X(dnswl, TEXT, SERVER, "", 0, 2000,                                                        \
		"Lists of good addresses, written likewise: whom one of them has is not "          \
		"looked up in dnsbl. Weights mean nothing here.")                                  \
	X(uribl, TEXT, SERVER, "", 0, 2000,                                                        \
		"Lists of domains, written likewise, that a message must not lead to: the "        \
		"domains of links in "                                                             \
		"its text and HTML are looked up at its end (SURBL, URIBL, DBL). Each list "       \
		"counts once.")                                                                    \
	X(spf_waits_for_dmarc, FLAG, SERVER, "yes", 0, 0,                                          \
		"Whether spf = refuse leaves the last word to DMARC where the domain has a "       \
		"policy: forwarded mail fails SPF, and its signature may still vouch.")            \
	X(spf_permerror_refuses, FLAG, SERVER, "no", 0, 0,                                         \
		"Whether a record of SPF that is wrong (permerror) does what a fail does. It is "  \
		"the owner's "                                                                     \
		"fault, and seldom the sender's: say yes only where mail without a valid record "  \
		"is not wanted.")                                                                  \
	X(dkim_required, TEXT, SERVER, "", 0, 4000,                                                \
		"Domains whose mail always has a DKIM signature of theirs, as one's bank: with "   \
		"such a domain in From, "                                                          \
		"and without a valid signature by it, a message is refused whatever DMARC says.")  \
	X(dmarc, WORD, SERVER, "refuse", 0, 0,                                                     \
		"|off|log|refuse| What the policy of the domain in From does when neither SPF "    \
		"nor a DKIM signature agrees with it (RFC 7489): p=reject refuses, "               \
		"p=quarantine marks. With off no signature is looked at.")                         \
	X(dmarc_reports, FLAG, SERVER, "no", 0, 0,                                                 \
		"Whether domains that ask for it (rua= of their policy) get a report each day: "   \
		"which addresses sent in their name, how often, and what SPF, DKIM and DMARC "     \
		"found (RFC 7489). It is mail to strangers, in the name of the postmaster; no "    \
		"content and no recipient is told. `nixied dmarc` shows what is kept.")            \
	X(authserv_id, HOST, SERVER, "", 0, 255,                                                   \
		"The name under which Authentication-Results says what was found here "            \
		"(RFC 8601). Servers of one domain may share it, so that programs know whose "     \
		"word to believe; fields under that name which came with a message are taken "     \
		"out. Empty: hostname.")                                                           \
	X(arc_trusted, TEXT, SERVER, "", 0, 2000,                                                  \
		"Domains, with blanks between, whose word counts for mail they passed on: when "   \
		"the chain of ARC seals holds and one of them found that DMARC passed, mail that " \
		"fails here is not refused for it. Mailing lists and forwarders of one's own.")    \
	X(greylisting, FLAG, SERVER, "no", 0, 0,                                                   \
		"Whether a sender who is new here is told to come again (451). Those whom "        \
		"dnswl has are never told so.")                                                    \
	X(greylist_delay, TIME, SERVER, "2m", 1, 86400,                                            \
		"How long it must wait. Many servers come again after a quarter of an hour, "      \
		"whatever they are told; longer only makes mail slow.")                            \
	X(greylist_window, TIME, SERVER, "1d", 60, 2592000,                                        \
		"How long it may take until it comes again; then it begins anew.")                 \
	X(greylist_keep, TIME, SERVER, "36d", 3600, 31536000,                                      \
		"How long who came again stays known, from its last mail: mail that comes "        \
		"once a month must not wait each time.")                                           \
	X(greylist_spf_passes, FLAG, SERVER, "yes", 0, 0,                                          \
		"Whether mail that SPF vouches for need not come again.")                          \
	/* rules of one's own: doc/hooks.md */                                                     \
	X(hooks, PATH, SERVER, "", 0, 900,                                                         \
		"A script in Lua that may refuse, defer, mark, redirect or discard mail, "         \
		"or add to its score: doc/hooks.md. Read again at a HUP; whether there is "        \
		"one counts from the next start. Empty: none.")                                    \
	X(hook_instructions, COUNT, SERVER, "1000000", 10000, 100000000,                           \
		"Instructions that the script may have for one answer; a million take "            \
		"some hundredths of a second.")                                                    \
	X(hook_memory, SIZE, SERVER, "16M", 1048576, 1073741824, "Memory that it may have.")       \
	X(hook_timeout, TIME, SERVER, "5s", 1, 60,                                                 \
		"How long its answer may take, with those of others before it. Without an "        \
		"answer the client is told to try again (451), and an alarm line says "            \
		"why.")                                                                            \
	X(keep_rejects, TEXT, SERVER, "", 0, 4000,                                                 \
		"Domains here whose mail is kept for a while when it is refused for good "         \
		"at the end of its text: nixied rejects shows it with its reason, and "            \
		"releases it. * is every domain. Empty: none. Messages past 4M are not "           \
		"kept.")                                                                           \
	X(keep_rejects_for, TIME, SERVER, "7d", 3600, 7776000,                                     \
		"How long it is kept; then it goes by itself.")                                    \
	X(keep_rejects_size, SIZE, SERVER, "256M", 1048576, 1099511627776,                         \
		"How much of it, all together; past that the oldest goes.")                        \
	X(rejects_folder, TEXT, SERVER, "", 0, 4000,                                               \
		"Addresses and domains here whose people find such mail, whether or not it is "    \
		"kept for you, in the folder Rejects of their own mailbox, with the reason in "    \
		"front (X-Nixie-Reason), for keep_rejects_for; .example.org is all below it, * "   \
		"everybody. The sender hears of nothing but the refusal. Never a virus. It "       \
		"counts for no quota, and wants local_delivery = maildir. Empty: nobody.")         \
	X(rejects_folder_size, SIZE, SERVER, "20M", 65536, 1099511627776,                          \
		"How much of it in one mailbox; past that the oldest goes.")                       \
	/* how much may be sent: doc/checks.md */                                                  \
	X(rate_connections, RATE, SERVER, "", 0, 40,                                               \
		"How often one address may connect: 30/1m. More are told 421, and when to "        \
		"come again. Empty: any number.")                                                  \
	X(rate_client, RATE, SERVER, "", 0, 40,                                                    \
		"How many messages one address may send that has not signed in. A "                \
		"provider sends for many people from one: 300/1h is little for those, and "        \
		"much for anybody else.")                                                          \
	X(rate_client_recipients, RATE, SERVER, "", 0, 40,                                         \
		"How many recipients it may name; those that are not there count, too.")           \
	X(rate_network, RATE, SERVER, "", 0, 40,                                                   \
		"The same for all addresses of its network together, a /24, or a /64 in "          \
		"IPv6: a flood that comes from many addresses.")                                   \
	X(rate_network_recipients, RATE, SERVER, "", 0, 40, "How many recipients these may name.") \
	X(rate_user, RATE, SERVER, "", 0, 40,                                                      \
		"How many messages an account may send. A stolen password is used at once "        \
		"and without rest: 500/1d stops that, and few people write as much.")              \
	X(rate_user_recipients, RATE, SERVER, "", 0, 40,                                           \
		"How many recipients it may name: 1000/1d.")                                       \
	X(rate_sender, RATE, SERVER, "", 0, 40,                                                    \
		"How many messages may come with one sender's address from others. The "           \
		"null sender is not counted.")                                                     \
	X(rate_recipient, RATE, SERVER, "", 0, 40,                                                 \
		"How many messages one recipient may get: an alarm gone wild, or a "               \
		"mailbox that is flooded to bury one message in it.")                              \
	X(rate_exempt, NETWORKS, SERVER, "127.0.0.0/8 ::1", 0, 32,                                 \
		"Hosts that the limits of clients, networks and senders are not for. "             \
		"Accounts and recipients have theirs wherever the mail comes from.")               \
	/* filters beside this server: doc/filters.md */                                           \
	X(filters, WORDS, LISTENER, "clamd spamd rspamd milter policy", 0, 0,                      \
		"|none|clamd|spamd|rspamd|milter|policy| Which of the filters below are "          \
		"asked about mail that comes in here. Those that have no address are "             \
		"asked nowhere. Clients that signed in, those of check_exempt and of "             \
		"networks of one's own are not shown to spamd and policy services.")               \
	X(filter_codes, WORD, SERVER, "theirs", 0, 0,                                              \
		"|ours|theirs| With which codes a refusal of a milter or a policy service is "     \
		"sent: those that it gave (554 5.7.20), or always 550 5.7.1 and 451 4.7.1. Its "   \
		"words are quoted either way, and the reply says whose they are.")                 \
	X(filter_points_count, FLAG, SERVER, "no", 0, 0,                                           \
		"Whether the points of spamd and rspamd, rounded down, are added to the "          \
		"scores of the checks, so that both together reach refuse_score.")                 \
	X(clamd, TEXT, SERVER, "", 0, 400,                                                         \
		"Where ClamAV's daemon is, which looks for viruses: "                              \
		"unix:/run/clamav/clamd.ctl, or ADDRESS:PORT. A message with a virus is "          \
		"refused at its end (X71) and never deleted in silence. Empty: nobody "            \
		"looks.")                                                                          \
	X(clamd_timeout, TIME, SERVER, "1m", 1, 90,                                                \
		"How long it may take for an answer, waiting for its turn and all.")               \
	X(clamd_connections, COUNT, SERVER, "10", 1, 1000,                                         \
		"How many messages it looks at at a time. Up to 100 more questions wait "          \
		"for one.")                                                                        \
	X(clamd_down, WORD, SERVER, "defer", 0, 0,                                                 \
		"|defer|pass| What becomes of mail when it does not answer: it is "                \
		"deferred (451, X88), or passes as if it were not there. Either way an "           \
		"alarm tells, once.")                                                              \
	X(spamd, TEXT, SERVER, "", 0, 400,                                                         \
		"Where SpamAssassin's spamd is, which gives points for signs of spam: "            \
		"127.0.0.1:783, or unix:/PATH.")                                                   \
	X(spamd_timeout, TIME, SERVER, "30s", 1, 90,                                               \
		"How long it may take for an answer, waiting for its turn and all.")               \
	X(spamd_connections, COUNT, SERVER, "5", 1, 1000,                                          \
		"How many messages it looks at at a time; spamd has five children "                \
		"unless it is told otherwise. Up to 100 more questions wait for one.")             \
	X(spamd_down, WORD, SERVER, "pass", 0, 0,                                                  \
		"|defer|pass| What becomes of mail when it does not answer: it is "                \
		"deferred (451, X88), or passes as if it were not there. Either way an "           \
		"alarm tells, once.")                                                              \
	X(spamd_tag_score, COUNT, SERVER, "5", 0, 1000,                                            \
		"From so many points of SpamAssassin on a message is marked with "                 \
		"X-Spam-Flag: YES; 0 is never.")                                                   \
	X(spamd_refuse_score, COUNT, SERVER, "10", 0, 1000,                                        \
		"From so many points of SpamAssassin on a message is refused (C42); 0 "            \
		"is never.")                                                                       \
	X(spamd_max_size, SIZE, SERVER, "500K", 0, 2147483647,                                     \
		"Larger messages are not shown to spamd: spam is small, and spamd slow.")          \
	X(rspamd, TEXT, SERVER, "", 0, 400,                                                        \
		"Where rspamd's worker for scanning is: 127.0.0.1:11333. What is "                 \
		"marked, refused or deferred are its own actions, and the fields that "            \
		"it adds go into the message.")                                                    \
	X(rspamd_timeout, TIME, SERVER, "30s", 1, 90,                                              \
		"How long it may take for an answer, waiting for its turn and all.")               \
	X(rspamd_connections, COUNT, SERVER, "20", 1, 1000,                                        \
		"How many messages it looks at at a time. Up to 100 more questions wait "          \
		"for one.")                                                                        \
	X(rspamd_down, WORD, SERVER, "pass", 0, 0,                                                 \
		"|defer|pass| What becomes of mail when it does not answer: it is "                \
		"deferred (451, X88), or passes as if it were not there. Either way an "           \
		"alarm tells, once.")                                                              \
	X(milters, TEXT, SERVER, "", 0, 2000,                                                      \
		"Milters, at most 8, asked one after the other: "                                  \
		"unix:/run/opendkim/opendkim.sock 127.0.0.1:11332, with blanks between; "          \
		"inet: in front is allowed. *pass or *defer behind one says for it "               \
		"alone what milter_down says for all. They are told the client's name when "       \
		"it connects: its greeting waits for the DNS, 5 seconds at most, and is sent "     \
		"without the name then.")                                                          \
	X(milter_timeout, TIME, SERVER, "30s", 1, 90,                                              \
		"How long each may take for an answer, waiting for its turn and all.")             \
	X(milter_connections, COUNT, SERVER, "50", 1, 1000,                                        \
		"How many sessions each follows at a time. One that rests between two "            \
		"messages makes room for another's message, and is told to the milter anew "       \
		"with its next one. Up to 100 more questions wait; clients that only "             \
		"connect get half.")                                                               \
	X(milter_down, WORD, SERVER, "defer", 0, 0,                                                \
		"|defer|pass| What becomes of mail when it does not answer: it is "                \
		"deferred (451, X88), or passes as if it were not there. Either way an "           \
		"alarm tells, once.")                                                              \
	X(policy_services, TEXT, SERVER, "", 0, 2000,                                              \
		"Services of Postfix's policy protocol, at most 8, such as postgrey: "             \
		"127.0.0.1:10023 unix:/PATH, with blanks between, and *pass or *defer "            \
		"behind as in milters.")                                                           \
	X(policy_timeout, TIME, SERVER, "20s", 1, 90,                                              \
		"How long each may take for an answer, waiting for its turn and all.")             \
	X(policy_connections, COUNT, SERVER, "20", 1, 1000,                                        \
		"How many questions each answers at a time. Up to 100 more questions "             \
		"wait for one.")                                                                   \
	X(policy_down, WORD, SERVER, "defer", 0, 0,                                                \
		"|defer|pass| What becomes of mail when it does not answer: it is "                \
		"deferred (451, X88), or passes as if it were not there. Either way an "           \
		"alarm tells, once.")                                                              \
	X(policy_at, WORDS, SERVER, "rcpt", 0, 0,                                                  \
		"|mail|rcpt|data|end| Where they are asked: at the sender, at each "               \
		"recipient, before the text, behind it.")                                          \
	/* what vouches for mail that goes out: doc/signing.md */                                  \
	X(dkim_sign, FLAG, SERVER, "yes", 0, 0,                                                    \
		"Whether mail of people here is signed with the keys that there are (RFC 6376): "  \
		"that of clients that signed in or may send without, with a From in a domain "     \
		"that has a key, and the server's own reports. `nixied dkim` makes keys.")         \
	X(dkim_keys, PATH, SERVER, "", 0, 900,                                                     \
		"The folder of those keys: DOMAIN/SELECTOR.pem, RSA or Ed25519, readable by the "  \
		"server's user alone; all of a domain's sign. Read again at a HUP. Empty: the "    \
		"folder keys of data_directory.")                                                  \
	X(dkim_lifetime, TIME, SERVER, "0", 0, 31536000,                                           \
		"How long a signature is valid (its x=); 0 is for ever. Not less than a week: "    \
		"mail may wait that long on its way.")                                             \
	X(arc_seal, FLAG, SERVER, "yes", 0, 0,                                                     \
		"Whether mail that is passed on to another server is sealed with what was found "  \
		"here (ARC, RFC 8617), where there is a key. It needs dmarc = log or refuse, "     \
		"which look at signatures.")                                                       \
	X(arc_domain, HOST, SERVER, "", 0, 253,                                                    \
		"The domain whose key seals. Empty: that of the address here that passes it on.")  \
	/* listeners */                                                                            \
	X(address, TEXT, LISTENER, "", 0, 255,                                                     \
		"Where a listener waits: 0.0.0.0:25, [::]:587, a path for a socket of the file "   \
		"system. Only in a listener, and needed there.")                                   \
	X(kind, WORD, LISTENER, "smtp", 0, 0,                                                      \
		"|smtp|submission|lmtp|none| smtp is mail from anybody for this server (port "     \
		"25); "                                                                            \
		"submission is mail of its users (587, 465); lmtp answers for each recipient; "    \
		"none greets with 521, that no mail is taken here (RFC 7504), on a host that "     \
		"would else let others try for days.")                                             \
	X(greeting, TEXT, LISTENER, "Nixie", 0, 200,                                               \
		"What the greeting says behind the server's name.")                                \
	X(tls, WORD, LISTENER, "offered", 0, 0,                                                    \
		"|offered|required|immediate|off| Whether a client may or must ask for TLS with "  \
		"STARTTLS, begins with it (port 465), or cannot have it. A submission listener "   \
		"requires it, when nothing is said.")                                              \
	X(tls_certificate, PATH, LISTENER, "", 0, 900,                                             \
		"The file with the certificate and those that signed it, in PEM. Read again when " \
		"it changes. When it is at fault at the start, the log has an alarm, STARTTLS is " \
		"answered 454 until it can be read, and mail comes without; but a listener with "  \
		"tls = immediate does not start. Empty: no TLS.")                                  \
	X(tls_key, PATH, LISTENER, "", 0, 900,                                                     \
		"The file with its private key. Empty: it stands in tls_certificate.")             \
	X(tls_folder, PATH, LISTENER, "", 0, 900,                                                  \
		"A folder of certificates that clients may ask for by name (SNI): a file "         \
		"NAME.pem for each, with certificate, chain and key. Empty: none.")                \
	X(require_auth, FLAG, LISTENER, "no", 0, 0,                                                \
		"Whether a client must sign in before MAIL. A submission listener always asks "    \
		"for it.")                                                                         \
	X(auth_mechanisms, WORDS, LISTENER, "scram-sha-256 plain login", 0, 0,                     \
		"|scram-sha-256|plain|login| How a client may sign in.")                           \
	X(auth_without_tls, FLAG, LISTENER, "no", 0, 0,                                            \
		"Whether passwords may travel unencrypted: never but on a net of one's own.")      \
	X(max_login_failures, COUNT, LISTENER, "3", 1, 100,                                        \
		"Wrong passwords in one connection until it is closed.")                           \
	X(proxies, NETWORKS, LISTENER, "", 0, 32,                                                  \
		"Hosts whose connections begin with the header of the PROXY protocol.")            \
	X(xclient, NETWORKS, LISTENER, "", 0, 32,                                                  \
		"Hosts that may say with XCLIENT for whom they speak. The name they give is "      \
		"taken "                                                                           \
		"for true: the DNS is not asked.")                                                 \
	/* limits of a session */                                                                  \
	X(max_message_size, SIZE, LISTENER, "50M", 65536, 2147483647,                              \
		"The largest message. RFC 5321 wants at least 64 K to be taken.")                  \
	X(max_recipients, COUNT, LISTENER, "1000", 100, 50000,                                     \
		"Recipients of one message. RFC 5321 wants at least 100.")                         \
	X(max_messages_per_session, COUNT, LISTENER, "1000", 0, 1000000,                           \
		"Messages in one connection; 0 is no limit.")                                      \
	X(max_errors, COUNT, LISTENER, "20", 1, 10000,                                             \
		"Refusals in one connection until it is closed; a message that is taken forgives " \
		"them.")                                                                           \
	X(max_text_line, SIZE, LISTENER, "100000", 0, 1073741824,                                  \
		"The longest line of a message; 0 is no limit. RFC 5321 allows 1000 bytes, and "   \
		"many programs send more.")                                                        \
	X(max_unterminated, SIZE, LISTENER, "64K", 4096, 16777216,                                 \
		"Bytes of a command without a line end until the connection is closed.")           \
	X(command_timeout, TIME, LISTENER, "5m", 10, 3600,                                         \
		"How long a client may think about its next command. RFC 5321 wants five "         \
		"minutes.")                                                                        \
	X(data_timeout, TIME, LISTENER, "3m", 10, 3600,                                            \
		"How long the next bytes of a message may take. RFC 5321 wants three minutes.")    \
	X(max_session, TIME, LISTENER, "2h", 60, 86400, "How long a connection may last.")         \
	X(minimum_rate, SIZE, LISTENER, "100", 0, 1048576,                                         \
		"Bytes a second that a message must come with, after a minute; 0 is any. It "      \
		"keeps a client from holding a session by a byte now and then.")                   \
	X(bare_lf, WORD, LISTENER, "refuse", 0, 0,                                                 \
		"|refuse|normalise| What becomes of lines that end in LF or CR alone. To pass "    \
		"them on would let a client smuggle messages past the next server. A submission "  \
		"listener normalises, when nothing is said.")                                      \
	X(nul_bytes, WORD, LISTENER, "refuse", 0, 0,                                               \
		"|refuse|remove| What becomes of NUL bytes in a message. RFC 5322 forbids "        \
		"them, and programs stop reading at them.")                                        \
	X(rcpt_domain_check, FLAG, LISTENER, "no", 0, 0,                                           \
		"Whether the domain of a recipient elsewhere is looked up before it is taken: "    \
		"whoever mistypes one hears of it at once, and not by a report. A DNS that does "  \
		"not answer refuses nobody; what a route or smart host takes is not looked up.")   \
	X(binarymime, FLAG, LISTENER, "no", 0, 0,                                                  \
		"Whether BINARYMIME (RFC 3030) is offered: attachments come as the bytes that "    \
		"they are, a quarter less than in base64. They are kept in base64, so that every " \
		"mailbox and server can have them; what cannot be converted without a guess is "   \
		"refused. Without it a sender converts by itself, before it signs, which is why "  \
		"it is not offered: a DKIM signature holds when the message comes, and not for "   \
		"whoever gets it from here.")                                                      \
	X(strict_header, FLAG, LISTENER, "no", 0, 0,                                               \
		"Whether a message is refused whose header is not what RFC 5322 wants: nothing "   \
		"but fields, one From that names somebody, one Date, and at most one of Sender, "  \
		"Reply-To, To, Cc, Bcc, Message-ID, In-Reply-To, References and Subject; nothing " \
		"beyond ASCII, unless SMTPUTF8 was asked for. Date and Message-ID are added to "   \
		"mail of users, and are not missed there. It is meant for listeners of users; "    \
		"mail from outside is better weighed by a filter.")                                \
	X(allow_null_sender, FLAG, LISTENER, "yes", 0, 0,                                          \
		"Whether MAIL FROM:<> is taken. Bounces come with it: saying no breaks them for "  \
		"one's own users.")                                                                \
	X(strict_helo, FLAG, LISTENER, "yes", 0, 0,                                                \
		"Whether the name in EHLO must be a domain or an address. A submission listener "  \
		"takes anything, when nothing is said: mail programs give the name of a PC.")      \
	X(strict_pipelining, FLAG, LISTENER, "yes", 0, 0,                                          \
		"Whether a client that does not wait for an answer it must wait for is refused.")  \
	X(early_talk, FLAG, LISTENER, "no", 0, 0,                                                  \
		"Whether a client may speak before it was greeted. Mail servers wait; what "       \
		"does not is mostly a program that sends spam.")                                   \
	X(greeting_delay, TIME, LISTENER, "0", 0, 60,                                              \
		"How long a client is left waiting for the greeting. Who speaks meanwhile is "     \
		"refused, see early_talk; without a delay only what comes together with the "      \
		"connection is seen. A few seconds keep many programs away that send spam; every " \
		"honest server waits as well, so it is for port 25 alone. A listener with tls = "  \
		"immediate has none, nor has a client of `proxies`.")                              \
	X(max_hops, COUNT, LISTENER, "50", 10, 1000,                                               \
		"Received fields that a message may have; with more it is taken for one that "     \
		"goes "                                                                            \
		"round in circles. RFC 5321 wants at least 100 to be allowed for where no loop "   \
		"is "                                                                              \
		"found otherwise; those that are, are found sooner, by Delivered-To.")             \
	/* who may send */                                                                         \
	X(sending_identities, FLAG, LISTENER, "yes", 0, 0,                                         \
		"Whether a user may send only with addresses of their own: the account's, its "    \
		"aliases', and the identities that were given to it.")                             \
	X(require_auth_for_local_senders, FLAG, LISTENER, "yes", 0, 0,                             \
		"Whether a client that has not signed in is refused when its sender is an "        \
		"address "                                                                         \
		"of this server. Networks that may send from local to elsewhere without a login "  \
		"are not. Say no where lists or forwards of others come back with your own "       \
		"senders.")                                                                        \
	/* limits of all */                                                                        \
	X(autoban, COUNT, SERVER, "10", 0, 10000,                                                  \
		"Failed logins of one address, or of one /64 in IPv6, within autoban_time until "  \
		"it "                                                                              \
		"may not sign in any more for as long; 0 is never. `nixied bans` shows and lifts " \
		"that.")                                                                           \
	X(autoban_time, TIME, SERVER, "30m", 10, 2592000,                                          \
		"How long failed logins count, and how long they are paid for.")                   \
	X(max_connections, COUNT, SERVER, "1000", 1, 1000000,                                      \
		"Connections at a time; more are told 421.")                                       \
	X(max_connections_per_client, COUNT, SERVER, "50", 1, 1000000,                             \
		"Connections at a time of one address, or of one /64 in IPv6.")                    \
	X(min_free_space, SIZE, SERVER, "256M", 1048576, 1125899906842624,                         \
		"Space on the disk that stays free: before it is touched, MAIL is answered with "  \
		"452 4.3.1.")                                                                      \
	X(quota_grace, TIME, SERVER, "3d", 0, 2592000,                                             \
		"How long mail for a full mailbox is told to try again (452 4.2.2), from the "     \
		"first "                                                                           \
		"that found no room, until it is refused for good (552 5.2.2).")                   \
	/* sending: connections (doc/sending.md) */                                                \
	X(remote_port, COUNT, SERVER, "25", 1, 65535,                                              \
		"The port of the servers that the DNS names: 25, everywhere but in tests "         \
		"and behind a firewall that maps it.")                                             \
	X(source_ipv4, TEXT, SERVER, "", 0, 45,                                                    \
		"The IPv4 address of this host that mail is sent from: the one whose "             \
		"reverse DNS is the host name. Empty: the system chooses.")                        \
	X(source_ipv6, TEXT, SERVER, "", 0, 45,                                                    \
		"The IPv6 address that mail is sent from, as source_ipv4.")                        \
	X(own_addresses, NETWORKS, SERVER, "", 0, 32,                                              \
		"Addresses that lead back to this server though no interface has them, as "        \
		"those of a router in front of it. Mail is never sent there: a domain "            \
		"whose MX leads here, and that is not hosted here, is a loop (B01).")              \
	X(tls_required_to, TEXT, SERVER, "", 0, 4000,                                              \
		"Domains to which mail goes encrypted or not at all, with blanks between; "        \
		".example.org is all below it. Other mail is encrypted where it can be.")          \
	X(tls_verified_to, TEXT, SERVER, "", 0, 4000,                                              \
		"Domains whose servers must also prove their name with a certificate.")            \
	X(mta_sts, FLAG, SERVER, "yes", 0, 0,                                                      \
		"Whether the policy of a domain is heeded that says which servers are its own "    \
		"and wants TLS with a good certificate (MTA-STS, RFC 8461). With mode enforce "    \
		"such mail is deferred rather than sent to another server or in clear; with "      \
		"testing it is sent, and the log tells what would have stopped it. It costs a "    \
		"question to the DNS for each domain, and protects nobody who did not ask for "    \
		"it.")                                                                             \
	X(mta_sts_port, COUNT, SERVER, "443", 1, 65535,                                            \
		"The port of the web servers that have the policies: 443, everywhere but in "      \
		"tests and behind a firewall that maps it.")                                       \
	X(tls_authorities, PATH, SERVER, "", 0, 900,                                               \
		"Certificates (PEM) of those whose word counts for the certificates of other "     \
		"servers, in place of the system's: where a net has an authority of its own. "     \
		"Counts from the next start. Empty: those of the system.")                         \
	X(resolver_is_validating, FLAG, SERVER, "no", 0, 0,                                        \
		"Whether the DNS servers check DNSSEC, and nobody can change what they say on "    \
		"its "                                                                             \
		"way here: a resolver on this host, such as unbound. Then servers whose domain "   \
		"publishes TLSA records are believed by these (DANE), and mail to them never "     \
		"goes "                                                                            \
		"in clear.")                                                                       \
	X(connect_timeout, TIME, SERVER, "30s", 1, 600,                                            \
		"How long a connection to another server may take until its next address "         \
		"is tried.")                                                                       \
	X(keep_connection, TIME, SERVER, "5s", 0, 300,                                             \
		"How long a connection that has nothing to send is kept for the next "             \
		"message; 0 is not at all.")                                                       \
	X(max_remote_connections, COUNT, SERVER, "500", 1, 100000,                                 \
		"Connections to other servers at a time.")                                         \
	X(max_connections_per_place, COUNT, SERVER, "20", 1, 10000,                                \
		"The same to one domain or route. It begins with five, gets one more with "        \
		"every message for each that went well, and half when the place "                  \
		"complains.")                                                                      \
	X(remote_chunking, FLAG, SERVER, "yes", 0, 0,                                              \
		"Whether messages go in chunks (BDAT) to servers that offer it; no, when "         \
		"one of them does it wrongly.")                                                    \
	/* deliveries (doc/delivery.md) */                                                         \
	X(local_delivery, TEXT, SERVER, "maildir", 1, 900,                                         \
		"Where mail for accounts here goes. maildir: a Maildir for each, in the folder "   \
		"mail of data_directory. lmtp:HOST:PORT or lmtp:unix:/PATH: a server that keeps "  \
		"the mailboxes, such as Dovecot. pipe:COMMAND: a command for each message, run "   \
		"by "                                                                              \
		"/bin/sh, which finds SENDER, RECIPIENT and more in its environment and says "     \
		"with "                                                                            \
		"its exit code (sysexits.h) what became of it.")                                   \
	X(pipe_user, TEXT, SERVER, "", 0, 64,                                                      \
		"The user whose rights that command has. Empty: the server's own. Only a server "  \
		"that root starts can give another. Read at the start alone.")                     \
	X(pipe_timeout, TIME, SERVER, "5m", 1, 86400,                                              \
		"How long that command may take, until it is killed and the message tried "        \
		"again.")                                                                          \
	X(max_deliveries, COUNT, SERVER, "1000", 1, 100000,                                        \
		"Messages on their way to other servers at a time. How many of them go to one "    \
		"place, its answers decide.")                                                      \
	/* sending: attempts and reports (doc/reports.md) */                                       \
	X(retry_first, TIME, SERVER, "3m", 10, 86400,                                              \
		"How long after a first attempt that failed the second comes; then twice as "      \
		"long each time, up to an hour in the first 12 hours. Short, because most that "   \
		"fails passes within minutes.")                                                    \
	X(retry_longest, TIME, SERVER, "3h", 60, 86400,                                            \
		"The longest time between two attempts, reached after 12 hours: what has lasted "  \
		"so long seldom passes in the next hour.")                                         \
	X(queue_lifetime, TIME, SERVER, "5d", 3600, 2592000,                                       \
		"How long a message is tried. RFC 5321 wants four or five days, enough for a "     \
		"server that fails on a long weekend.")                                            \
	X(report_lifetime, TIME, SERVER, "1d", 600, 2592000,                                       \
		"How long a report or an automatic reply is tried: nobody waits for it, and "      \
		"most go to addresses that somebody made up.")                                     \
	X(delay_notice_user, TIME, SERVER, "1h", 0, 2592000,                                       \
		"When people who signed in are told that their message still waits; 0 is never. "  \
		"Early, because they may reach the other person another way.")                     \
	X(delay_notice, TIME, SERVER, "4h", 0, 2592000,                                            \
		"When other senders are told that their message still waits; 0 is never.")         \
	X(own_fault_wait, TIME, SERVER, "1h", 60, 86400,                                           \
		"How long what is this server's own fault, a relay that does not take its "        \
		"password, waits for its next attempt. The operator is told at once, and the "     \
		"message is never returned for it.")                                               \
	X(reports_per_sender, COUNT, SERVER, "50", 0, 1000000,                                     \
		"Reports to one sender in an hour; further failures are told in one message when " \
		"it is over. 0 is any number.")                                                    \
	X(notify_refused_submissions, TEXT, SERVER, "", 0, 4000,                                   \
		"Addresses and domains of people here, with blanks between, who get a notice in "  \
		"their own mailbox when a mail program that signed in as them is refused a "       \
		"message for good, since many programs do not show it; .example.org is all below " \
		"it, * everybody. Empty: none, for most programs do show it, and some accounts "   \
		"belong to machines whose mailbox nobody reads. A notice counts as one of "        \
		"reports_per_sender.")                                                             \
	X(sign_return_paths, FLAG, SERVER, "no", 0, 0,                                             \
		"Whether the return paths of mail that people here send to other servers are "     \
		"signed (BATV): a bounce to an address without a good signature is then known to " \
		"be about mail that was never sent from here. Bounces are judged when this has "   \
		"been on for as long as return_path_lifetime.")                                    \
	X(unsigned_bounces, WORD, SERVER, "mark", 0, 0,                                            \
		"|log|mark|refuse| What is done with such a bounce: a line in the log; besides, "  \
		"a field in its header, X-Bounce-Unproven, for filters; or it is refused (X93).")  \
	X(return_path_lifetime, TIME, SERVER, "14d", 86400, 8553600,                               \
		"How long a signed return path is good, whole days from when the message came. "   \
		"Bounces come late: five days in the queue here, five in that of the next "        \
		"server.")                                                                         \
	X(unsigned_senders, TEXT, SERVER, "", 0, 4000,                                             \
		"Addresses and domains here that also send by other servers, with blanks "         \
		"between; .example.org is all below it. Their mail is not signed, and their "      \
		"bounces are not judged.")                                                         \
	X(unsigned_recipients, TEXT, SERVER, "", 0, 4000,                                          \
		"Addresses and domains elsewhere that must see the plain return path, written "    \
		"likewise: lists that know their members by it. Bounces about mail to them need "  \
		"no signature.")                                                                   \
	X(report_language, WORD, SERVER, "en", 0, 0,                                               \
		"|en|de|es|fr|ja|pt| The language of reports where neither the message nor the "   \
		"account says another.")

#endif
