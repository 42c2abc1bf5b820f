# bash completion for nixie(1)

_nixie()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
	local formats options
	COMPREPLY=()

	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'explain parse log reply code web -h --help -V --version' -- "$cur"))
		return
	fi
	# Where bash splits words at "=", "--color=x" comes as three of them.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	options='-o --output --lang --color --colour --width -h --help'
	case $command in
	explain)
		formats='text json'
		options+=' --text --message'
		;;
	parse)
		formats='ndjson json csv text'
		options='-o --output --as --explain --jobs --lang --text --message -h --help'
		;;
	log)
		formats='text ndjson'
		options+=' --explain --since --until --recipient --sender --year'
		;;
	reply | code)
		formats='text json'
		;;
	web)
		options='--listen --trust-proxy --proxy-field --max-body --max-memory --max-connections --per-client'
		options+=' --rate --burst --timeout --max-time --threads --access-log -h --help'
		;;
	*)
		return
		;;
	esac

	case $prev in
	-o | --output)
		COMPREPLY=($(compgen -W "$formats" -- "$cur"))
		return
		;;
	--color | --colour)
		if [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
			COMPREPLY=($(compgen -W 'always never auto' -- "$cur"))
			return
		fi
		;;
	--lang)
		COMPREPLY=($(compgen -W 'de en es fr ja pt' -- "$cur"))
		return
		;;
	--as)
		COMPREPLY=($(compgen -W 'sisimai' -- "$cur"))
		return
		;;
	--since | --until)
		COMPREPLY=($(compgen -W 'today yesterday now 1h 24h 7d' -- "$cur"))
		return
		;;
	--listen)
		COMPREPLY=($(compgen -W '127.0.0.1:8025 [::1]:8025 :8025 unix:' -- "$cur"))
		return
		;;
	--trust-proxy)
		COMPREPLY=($(compgen -W '127.0.0.1 ::1 unix' -- "$cur"))
		return
		;;
	--proxy-field)
		COMPREPLY=($(compgen -W 'x-forwarded-for forwarded' -- "$cur"))
		return
		;;
	--max-* | --per-client | --rate | --burst | --timeout | --threads | --width | --jobs | --recipient | --sender | --year)
		return
		;;
	esac

	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
	elif [[ $command == explain || $command == parse || $command == log ]]; then
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}

complete -F _nixie nixie
