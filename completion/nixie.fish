# fish completion for nixie(1)

set -l commands explain parse log reply code web

complete -c nixie -f
complete -c nixie -n "not __fish_seen_subcommand_from $commands" -a explain -d 'Explain one bounce, for people'
complete -c nixie -n "not __fish_seen_subcommand_from $commands" -a parse -d 'Read mails, write what became of each recipient'
complete -c nixie -n "not __fish_seen_subcommand_from $commands" -a log -d 'Sum up the log of a mail server'
complete -c nixie -n "not __fish_seen_subcommand_from $commands" -a reply -d 'Explain one answer of a mail server'
complete -c nixie -n "not __fish_seen_subcommand_from $commands" -a code -d 'Say what a code means'
complete -c nixie -n "not __fish_seen_subcommand_from $commands" -a web -d 'Serve the page and the HTTP API'
complete -c nixie -n "not __fish_seen_subcommand_from $commands" -s V -l version -d 'Show the version'
complete -c nixie -s h -l help -d 'Show a summary'

complete -c nixie -n '__fish_seen_subcommand_from explain reply code' -s o -l output -x -a 'text json' -d 'How to write it'
complete -c nixie -n '__fish_seen_subcommand_from parse' -s o -l output -x -a 'ndjson json csv text' -d 'How to write it'
complete -c nixie -n '__fish_seen_subcommand_from parse' -l as -x -a sisimai -d 'With the names of another program'
complete -c nixie -n '__fish_seen_subcommand_from parse' -l jobs -x -d 'With so many threads, 0: one for each processor'
complete -c nixie -n '__fish_seen_subcommand_from parse log' -l explain -d 'With the explanation of each outcome'
complete -c nixie -n '__fish_seen_subcommand_from explain parse log reply code' -l lang -x -a 'de en es fr ja pt' -d 'The language of the words'
complete -c nixie -n '__fish_seen_subcommand_from explain log reply code' -l color -l colour -d 'Use colours'
complete -c nixie -n '__fish_seen_subcommand_from explain log reply code' -l width -x -d 'Wrap at this column, 0: not at all'
complete -c nixie -n '__fish_seen_subcommand_from explain parse' -l text -d 'Take the input as pasted text'
complete -c nixie -n '__fish_seen_subcommand_from explain parse' -l message -d 'Take the input as a message'
complete -c nixie -n '__fish_seen_subcommand_from explain parse' -F
complete -c nixie -n '__fish_seen_subcommand_from log' -s o -l output -x -a 'text ndjson' -d 'How to write it'
complete -c nixie -n '__fish_seen_subcommand_from log' -l since -x -a 'today yesterday now 1h 24h 7d' -d 'Only events from then on'
complete -c nixie -n '__fish_seen_subcommand_from log' -l until -x -a 'today yesterday now 1h 24h 7d' -d 'Only events up to then'
complete -c nixie -n '__fish_seen_subcommand_from log' -l recipient -x -d 'Only these recipients'
complete -c nixie -n '__fish_seen_subcommand_from log' -l sender -x -d 'Only these senders'
complete -c nixie -n '__fish_seen_subcommand_from log' -l year -x -d 'The year of the first line'
complete -c nixie -n '__fish_seen_subcommand_from log' -F
complete -c nixie -n '__fish_seen_subcommand_from web' -l listen -x -a '127.0.0.1:8025 [::1]:8025 :8025' -d 'Where to wait for clients'
complete -c nixie -n '__fish_seen_subcommand_from web' -l max-body -x -d 'The largest body'
complete -c nixie -n '__fish_seen_subcommand_from web' -l max-connections -x -d 'Connections at a time'
complete -c nixie -n '__fish_seen_subcommand_from web' -l timeout -x -d 'Time for the header of a request'
complete -c nixie -n '__fish_seen_subcommand_from web' -l max-time -x -d 'Time for a body, and for an answer'
complete -c nixie -n '__fish_seen_subcommand_from web' -l threads -x -d 'So many, 0: one for each processor'
