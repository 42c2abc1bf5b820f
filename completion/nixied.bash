# bash completion for nixied(8), nixie-admin(8) and nixie-sendmail(8)
#
# Options and commands are those of --help, asked of the program itself; names of the directory are
# asked of nixie-admin, where whoever types may read it.

# Words of --help: _nixied_help PATTERN PROGRAM [COMMAND] gives what grep -o finds.
_nixied_help()
{
	local pattern=$1
	shift
	"$@" --help </dev/null 2>/dev/null | grep -oE -- "$pattern"
}

# Options stand behind two blanks at the start of a line; one may be followed by another.
_nixied_options()
{
	"$@" --help </dev/null 2>/dev/null | grep -E '^  -' | sed -E 's/^  ((-[^ ,]+,? ?)+).*/\1/' |
		grep -oE -- '-[A-Za-z-]+' | sort -u
	[[ $1 == nixie-sendmail ]] || printf '%s\n' -h --help
}

# The names of the things of a kind; none that would be more than a word to a shell.
_nixied_names()
{
	nixie-admin "${conf[@]}" "$1" list </dev/null 2>/dev/null |
		awk 'NR > 1 && $1 ~ /^[A-Za-z0-9@._+=\/:-]+$/ { print $1 }'
}

_nixied_files()
{
	compopt -o filenames 2>/dev/null
	COMPREPLY=($(compgen -f -- "$cur"))
}

_nixied_words()
{
	COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

# What belongs behind an option; 1 where it takes nothing that is known.
_nixied_value()
{
	case $1 in
	-c | --config | -C | --log | --message | --directory | --password-file) _nixied_files ;;
	-o | --output) _nixied_words 'text json' ;;
	--since | --until) _nixied_words 'today yesterday now 1h 24h 7d' ;;
	--tls) [[ $program == nixie-admin ]] && _nixied_words 'offered off required verified' ;;
	--mode) _nixied_words 'public members announcement domain' ;;
	--active | --keep-copy | --keep_copy | --needs-login | --needs_login | --all-addresses | --immediate-tls | --lmtp | --suspended | --scram_only | --banned)
		_nixied_words 'yes no' ;;
	--user | --to | --mail | --postmaster | --owner | --forward) _nixied_words "$(_nixied_names account)" ;;
	--domain) _nixied_words "$(_nixied_names domain)" ;;
	--listen) _nixied_words '127.0.0.1:8026 [::1]:8026 unix:' ;;
	-n) [[ $command == why ]] ;; # a number; elsewhere it stands alone
	-N) _nixied_words 'never success failure delay' ;;
	-R) _nixied_words 'full hdrs' ;;
	--from | --sender | --client | --reason | --helo | --listener | --session | --id | --message-id | --limit | --last | \
		-a | --address | -s | --selector | -p | --port | --host | --priority | --quota | --name | -f | -F | -V) ;;
	*) return 1 ;;
	esac
}

_nixie_admin()
{
	local program=nixie-admin things verbs='add set remove enable disable show list'
	# Behind `nixied admin` everything stands one word later.
	local -a words=()
	local word skip=
	for word in "${COMP_WORDS[@]:$first:COMP_CWORD - first}"; do
		if [[ -n $skip ]]; then
			skip=
		elif [[ $word == -c || $word == --config || $word == --directory || $word == -o || $word == --password-file || \
			$word == --from || $word == --domain || $word == --postmaster ]]; then
			skip=1
		elif [[ $word != -* ]]; then
			words+=("$word")
		fi
	done
	if [[ $cur == -* ]]; then
		local options
		options=$(_nixied_options nixie-admin)
		case ${words[0]} in
		domain) options+=' --active --catch_all --plus --suspended' ;;
		account) options+=' --active --quota --forward --keep_copy --language --suspended --moved --scram_only --password_expires' ;;
		alias) options+=' --active' ;;
		list) options+=' --active --mode --needs_login --owner' ;;
		route) options+=' --host --port --all_addresses --tls --immediate_tls --lmtp --user' ;;
		range) options+=' --name --priority --allowed --needs_login --banned --reason' ;;
		export) options+=' --secrets' ;;
		esac
		_nixied_words "$options"
		return
	fi
	things=$(_nixied_help '^  [a-z][a-z-]* [A-Z]+' nixie-admin | awk '{ print $1 }')
	case ${#words[@]}:${words[0]} in
	0:*) _nixied_words "$things show check export import" ;;
	1:import) _nixied_words 'nixie csv aliases virtual mailboxes hmailserver' ;;
	2:import) _nixied_files ;;
	1:show) _nixied_words "$(_nixied_names account) $(_nixied_names alias) $(_nixied_names list)" ;;
	1:account | 1:route) _nixied_words "$verbs password" ;;
	1:check | 1:export) ;;
	1:*) _nixied_words "$verbs" ;;
	2:*) [[ ${words[1]} == add ]] || _nixied_words "$(_nixied_names "${words[0]}")" ;;
	3:alias | 3:member | 3:identity) _nixied_words "$(_nixied_names account)" ;;
	3:domain-alias) _nixied_words "$(_nixied_names domain)" ;;
	esac
}

_nixied()
{
	local program=${COMP_WORDS[0]##*/} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i first=1
	local -a conf=()
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD - 1; i++)); do
		[[ ${COMP_WORDS[i]} == -c || ${COMP_WORDS[i]} == --config ]] && conf=(-c "${COMP_WORDS[i + 1]}")
	done
	local command=${COMP_WORDS[1]}
	if [[ $program == nixied ]]; then
		if ((COMP_CWORD == 1)); then
			_nixied_words "$(_nixied_help '^  [a-z][a-z-]* ' nixied) -h --help -V --version"
			return
		fi
		[[ $command == admin ]] && program=nixie-admin first=2
	fi
	((COMP_CWORD > first)) && _nixied_value "$prev" && return
	case $program:$command in
	nixie-admin:*)
		_nixie_admin
		return
		;;
	nixie-sendmail:*)
		if [[ $cur == -* ]]; then
			_nixied_words "$(_nixied_options nixie-sendmail)"
		else
			_nixied_words "$(_nixied_names account)"
		fi
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		_nixied_words "$(_nixied_options nixied "$command")"
		return
	fi
	((COMP_CWORD == 2)) || [[ $command == demo || $command == digest || $command == why ]] || return
	case $command in
	queue) _nixied_words 'list count show hold release retry bounce remove' ;;
	bans) _nixied_words 'list lift' ;;
	greylist) _nixied_words 'list clear' ;;
	rejects) _nixied_words 'list show release remove' ;;
	dkim) _nixied_words 'list make show check use' ;;
	self-check) _nixied_words "$(_nixied_names domain)" ;;
	dmarc) ;;
	demo | digest | why) _nixied_files ;;
	esac
}

complete -F _nixied nixied nixie-admin nixie-sendmail
