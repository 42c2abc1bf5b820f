#!/bin/sh
# Starts nixied as the shared benchmark of mail servers wants its peers: on 127.0.0.1:$PORT, for u0..u99@local.test, with
# routes for relay.test and bounce.test. `discard.test` it has not: it throws no mail away by address.
# usage: nixied-peer.sh NIXIED       in the environment of that benchmark (PORT, STATE, MAIL, SINK_PORT, BSINK_PORT)
set -eu
nixied=$1 data=$STATE/data
rm -rf "$data" && mkdir -p "$data/mail/local.test" "$MAIL"
cat >"$STATE/nixied.conf" <<END
hostname = mx.local.test
data_directory = $data
postmaster = u0@local.test
user = root
confine = no
log_file = $STATE/nixied.log
log_detail = mail
min_free_space = 1M
reports_per_sender = 0 # the others have no such limit
dns_servers = 127.0.0.1:9
spf = off
max_connections = 12000
max_connections_per_client = 20000
max_connections_per_place = 100
listener mx {
	address = 127.0.0.1:$PORT
	max_messages_per_session = 0
	require_auth_for_local_senders = no # the bounces go to senders here
}
END
export NIXIED_CONF="$STATE/nixied.conf"
i=0
while [ $i -lt "${NUSERS:-100}" ]; do # the watcher looks into $MAIL
	mkdir -p "$MAIL/u$i" "$data/mail/local.test/u$i/new" "$data/mail/local.test/u$i/cur" "$data/mail/local.test/u$i/tmp"
	rm -rf "$MAIL/u$i/Maildir"
	ln -s "$data/mail/local.test/u$i" "$MAIL/u$i/Maildir"
	i=$((i + 1))
done
"$nixied" admin domain add local.test >/dev/null
i=0
while [ $i -lt "${NUSERS:-100}" ]; do echo "u$i@local.test x/"; i=$((i + 1)); done >"$STATE/users"
"$nixied" admin import mailboxes "$STATE/users" >/dev/null
"$nixied" admin route add relay.test --host 127.0.0.1 --port "$SINK_PORT" --tls off --all-addresses yes >/dev/null
"$nixied" admin route add bounce.test --host 127.0.0.1 --port "$BSINK_PORT" --tls off --all-addresses yes >/dev/null
"$nixied" admin range add 127.0.0.0/8 --name bench --allowed "local-to-local local-to-elsewhere elsewhere-to-local elsewhere-to-elsewhere" >/dev/null
exec "$nixied" serve
